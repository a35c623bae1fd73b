package dev.wrenn.host.pager;

import dev.wrenn.host.linux.Descriptors;
import dev.wrenn.host.linux.ErrnoException;
import dev.wrenn.host.linux.Fd;
import dev.wrenn.host.linux.ProcStat;
import dev.wrenn.host.linux.Userfault;
import dev.wrenn.host.memory.RamRegion;
import java.util.List;
import java.util.Optional;

/// Getting a VM's userfaultfd back after the pager that served it died. The descriptor lives in the
/// VMM, so it is copied from there; faults that the dead pager had read but not answered are lost
/// to us, and come again once their waiters are woken.
final class Takeover {
    private Takeover() {}

    /// @return the descriptor, or empty when the VM is gone
    static Optional<Fd> userfault(SessionRecord record) {
        boolean same =
                ProcStat.read(record.pid())
                        .filter(stat -> stat.startTicks() == record.startTime())
                        .isPresent();
        if (!same) return Optional.empty();
        try {
            return Optional.of(Descriptors.copy(record.pid(), record.userfault()));
        } catch (ErrnoException e) {
            if (e.errno() == ErrnoException.ESRCH) return Optional.empty();
            throw e;
        }
    }

    /// Lets everybody who waits in these regions fault again.
    static void wake(Fd userfault, List<RamRegion> regions) {
        try (var fault = Userfault.on(userfault)) {
            for (var region : regions) fault.wake(region.hostAddress(), region.size());
        }
    }
}
