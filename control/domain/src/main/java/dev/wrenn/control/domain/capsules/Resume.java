package dev.wrenn.control.domain.capsules;

import dev.wrenn.common.model.CapsuleEvent;
import dev.wrenn.common.model.CapsuleState;
import dev.wrenn.control.domain.hosts.HostAnswer;
import dev.wrenn.control.domain.hosts.HostCapsule;
import dev.wrenn.control.domain.hosts.HostClient;
import dev.wrenn.control.domain.hosts.HostFault;
import java.time.Duration;

/// Lets a paused capsule go on, as the incarnation that its row begins.
record Resume(CapsuleRow row) implements Order {
    private static final Duration LIMIT = Duration.ofSeconds(90);

    @Override
    public String name() {
        return "resume";
    }

    @Override
    public Duration firstLimit() {
        return LIMIT;
    }

    /// The host answered a moment ago, and callers are told after 4 s that it is on its way.
    @Override
    public Duration patience() {
        return LIMIT;
    }

    @Override
    public HostAnswer<HostCapsule> ask(HostClient client, Duration limit) {
        return client.resume(row.id(), row.incarnation(), row.spec().idleTimeout(), limit);
    }

    @Override
    public boolean underWay(HostCapsule.Status status) {
        return status == HostCapsule.Status.RESUMING;
    }

    @Override
    public Verdict verdict(HostAnswer<HostCapsule> answer) {
        return switch (answer) {
            case HostAnswer.Done(var said) ->
                    switch (said.status()) {
                        case RUNNING, PAUSING -> new Verdict.Done(new CapsuleEvent.Booted());
                        case RESUMING ->
                                new Verdict.Unknown(HostFault.TIMEOUT, "not resumed in time");
                        case STOPPED -> lost(said.cause());
                        case PAUSED, BOOTING ->
                                failed(HostFault.INTERNAL, "the host did not resume it");
                    };
            case HostAnswer.Refused(var fault, var detail) -> refused(fault, detail);
        };
    }

    private static Verdict refused(HostFault fault, String detail) {
        return switch (fault) {
            case UNREACHABLE, UNCONNECTED, TIMEOUT -> new Verdict.Unknown(fault, detail);
            case DATA_LOSS -> lost(detail);
            case NOT_FOUND ->
                    new Verdict.Failed(new CapsuleEvent.Vanished(), HostFault.CONFLICT, detail);
            case INVALID,
                    CONFLICT,
                    EXISTS,
                    FORBIDDEN,
                    NO_ROOM,
                    DISK_FULL,
                    UNIMPLEMENTED,
                    GUEST_GONE,
                    INTERNAL ->
                    failed(fault, detail);
        };
    }

    private static Verdict.Failed failed(HostFault fault, String detail) {
        return new Verdict.Failed(new CapsuleEvent.ResumeFailed(detail), fault, detail);
    }

    /// A VM that ended before anybody could use it is treated alike: its files stay where they are.
    private static Verdict.Failed lost(String cause) {
        return new Verdict.Failed(new CapsuleEvent.ImageLost(cause), HostFault.DATA_LOSS, cause);
    }

    @Override
    public Verdict.Failed givenUp(HostFault fault, String detail) {
        return failed(fault, detail);
    }

    @Override
    public boolean failedAs(CapsuleState state) {
        return state instanceof CapsuleState.Paused || state instanceof CapsuleState.Damaged;
    }
}
