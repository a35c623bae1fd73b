package dev.wrenn.control.domain.reconcile;

import dev.wrenn.common.model.CapsuleEvent;
import dev.wrenn.common.model.CapsuleState;
import dev.wrenn.common.model.HostId;
import dev.wrenn.control.domain.capsules.CapsuleRow;
import dev.wrenn.control.domain.hosts.HostCapsule;
import org.jspecify.annotations.Nullable;

/// The decision, without I/O.
final class Rules {
    private static final Decision KEEP = new Decision.Keep();
    private static final Decision DESTROY = new Decision.DestroyThere();

    private Rules() {}

    /// @param host who speaks
    /// @param row null: a definite query found no such capsule
    /// @param said null: the host did not mention it
    /// @param later the host was asked after the row's last change
    static Decision decide(
            HostId host, @Nullable CapsuleRow row, @Nullable HostCapsule said, boolean later) {
        if (row == null) return said == null ? KEEP : DESTROY;
        if (!row.host().equals(host)) return said == null ? KEEP : DESTROY;
        if (said == null) return absent(row.state(), later);
        if (said.incarnation() < row.incarnation()) return DESTROY;
        if (said.incarnation() > row.incarnation()) return KEEP; // not ours to judge
        return present(row.state(), said);
    }

    private static Decision absent(CapsuleState state, boolean later) {
        return switch (state) {
            // Perhaps the order is still on its way; the sweep repeats it.
            case CapsuleState.Pending _ -> KEEP;
            case CapsuleState.Running _, CapsuleState.Missing _ ->
                    later ? new Decision.AskAgain() : KEEP;
            case CapsuleState.Stopped _, CapsuleState.Failed _ -> KEEP;
        };
    }

    private static Decision present(CapsuleState state, HostCapsule said) {
        return switch (state) {
            case CapsuleState.Pending _ ->
                    switch (said.status()) {
                        case BOOTING -> KEEP;
                        case RUNNING -> new Decision.Apply(new CapsuleEvent.Booted());
                        case STOPPED ->
                                new Decision.Apply(new CapsuleEvent.BootFailed(cause(said)));
                    };
            case CapsuleState.Running _ ->
                    switch (said.status()) {
                        case BOOTING, RUNNING -> KEEP;
                        case STOPPED -> new Decision.Apply(new CapsuleEvent.Died(cause(said)));
                    };
            case CapsuleState.Missing _ ->
                    switch (said.status()) {
                        case BOOTING -> KEEP;
                        case RUNNING -> new Decision.Apply(new CapsuleEvent.Booted());
                        case STOPPED -> new Decision.Apply(new CapsuleEvent.Died(cause(said)));
                    };
            case CapsuleState.Stopped _, CapsuleState.Failed _ -> DESTROY;
        };
    }

    private static String cause(HostCapsule said) {
        return said.cause().isEmpty() ? "the VM ended" : said.cause();
    }
}
