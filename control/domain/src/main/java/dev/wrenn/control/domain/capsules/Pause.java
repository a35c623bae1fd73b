package dev.wrenn.control.domain.capsules;

import dev.wrenn.common.model.CapsuleEvent;
import dev.wrenn.common.model.CapsuleState;
import dev.wrenn.control.domain.hosts.HostAnswer;
import dev.wrenn.control.domain.hosts.HostCapsule;
import dev.wrenn.control.domain.hosts.HostClient;
import dev.wrenn.control.domain.hosts.HostFault;
import java.time.Duration;

/// Saves a pausing capsule.
record Pause(CapsuleRow row) implements Order {
    /// Saving takes as long as what was written to memory, to a slow disk as well.
    private static final Duration LIMIT = Duration.ofMinutes(5);

    @Override
    public String name() {
        return "pause";
    }

    @Override
    public Duration firstLimit() {
        return LIMIT;
    }

    @Override
    public Duration patience() {
        return Duration.ZERO;
    }

    @Override
    public HostAnswer<HostCapsule> ask(HostClient client, Duration limit) {
        return client.pause(row.id(), row.incarnation(), limit);
    }

    @Override
    public boolean underWay(HostCapsule.Status status) {
        return status == HostCapsule.Status.PAUSING;
    }

    @Override
    public Verdict verdict(HostAnswer<HostCapsule> answer) {
        return switch (answer) {
            case HostAnswer.Done(var said) ->
                    switch (said.status()) {
                        case PAUSED -> new Verdict.Done(new CapsuleEvent.Paused());
                        case PAUSING -> new Verdict.Unknown(HostFault.TIMEOUT, "not saved in time");
                        case STOPPED ->
                                new Verdict.Failed(
                                        new CapsuleEvent.Died(said.cause()),
                                        HostFault.CONFLICT,
                                        said.cause());
                        case RUNNING, BOOTING, RESUMING ->
                                failed(HostFault.INTERNAL, "the host did not pause it");
                    };
            case HostAnswer.Refused(var fault, var detail) -> refused(fault, detail);
        };
    }

    private static Verdict refused(HostFault fault, String detail) {
        return switch (fault) {
            case UNREACHABLE, UNCONNECTED, TIMEOUT -> new Verdict.Unknown(fault, detail);
            case NOT_FOUND ->
                    new Verdict.Failed(new CapsuleEvent.Vanished(), HostFault.CONFLICT, detail);
            case INVALID,
                    CONFLICT,
                    EXISTS,
                    FORBIDDEN,
                    NO_ROOM,
                    DISK_FULL,
                    UNIMPLEMENTED,
                    DATA_LOSS,
                    GUEST_GONE,
                    INTERNAL ->
                    failed(fault, detail);
        };
    }

    private static Verdict.Failed failed(HostFault fault, String detail) {
        return new Verdict.Failed(new CapsuleEvent.PauseFailed(detail), fault, detail);
    }

    @Override
    public Verdict.Failed givenUp(HostFault fault, String detail) {
        return failed(fault, detail);
    }

    @Override
    public boolean failedAs(CapsuleState state) {
        return state instanceof CapsuleState.Running;
    }
}
