package dev.wrenn.control.domain.capsules;

import dev.wrenn.common.model.CapsuleId;
import dev.wrenn.common.model.TemplateId;
import dev.wrenn.control.domain.hosts.BootOrder;
import dev.wrenn.control.domain.hosts.HostClient;
import dev.wrenn.control.domain.hosts.HostFault;

/// Copies of what hosts have saved, of paused capsules and as templates, with which capsules can go
/// on and be made elsewhere. Thread-safe.
public interface Carrier {
    /// None is kept anywhere.
    Carrier NONE =
            new Carrier() {
                @Override
                public boolean has(CapsuleId id) {
                    return false;
                }

                @Override
                public Brought bring(CapsuleRow row, BootOrder as, HostClient to) {
                    return new Brought.None();
                }

                @Override
                public boolean has(TemplateId id) {
                    return false;
                }

                @Override
                public Brought bringTemplate(CapsuleRow row, HostClient to) {
                    return new Brought.None();
                }

                @Override
                public void doubt(CapsuleRow row) {}
            };

    /// Whether there is a copy of what the capsule would go on with.
    boolean has(CapsuleId id);

    /// Gives the copy to the row's host, which has none.
    ///
    /// @param as the life that was paused
    Brought bring(CapsuleRow row, BootOrder as, HostClient to) throws InterruptedException;

    /// Whether there is a copy of a template that was made on one host.
    boolean has(TemplateId id);

    /// Gives the copy of the row's template to its host, which has none.
    Brought bringTemplate(CapsuleRow row, HostClient to) throws InterruptedException;

    /// The row's host may have let the capsule go on with what the copy is of: it is not used
    /// before that host says what became of it.
    void doubt(CapsuleRow row);

    /// What came of bringing it.
    sealed interface Brought {
        record Done() implements Brought {}

        /// There is no copy.
        record None() implements Brought {}

        record Failed(HostFault fault, String detail) implements Brought {}
    }
}
