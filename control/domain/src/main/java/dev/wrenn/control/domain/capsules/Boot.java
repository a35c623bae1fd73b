package dev.wrenn.control.domain.capsules;

import dev.wrenn.common.model.CapsuleEvent;
import dev.wrenn.common.model.CapsuleState;
import dev.wrenn.common.model.Egress;
import dev.wrenn.control.domain.hosts.BootOrder;
import dev.wrenn.control.domain.hosts.HostAnswer;
import dev.wrenn.control.domain.hosts.HostCapsule;
import dev.wrenn.control.domain.hosts.HostClient;
import dev.wrenn.control.domain.hosts.HostFault;
import dev.wrenn.control.domain.templates.GuestDefaults;
import java.time.Duration;

/// Boots a pending capsule. Nothing is lost with one that never ran, so whatever is not known in
/// time counts as failed.
record Boot(CapsuleRow row, GuestDefaults defaults, Egress egress) implements Order {
    private static final Duration LIMIT = Duration.ofSeconds(90);

    /// Less than who creates a capsule waits: they hear that its host is away.
    private static final Duration PATIENCE = Duration.ofSeconds(3);

    @Override
    public String name() {
        return "boot";
    }

    @Override
    public Duration firstLimit() {
        return LIMIT;
    }

    @Override
    public Duration patience() {
        return PATIENCE;
    }

    @Override
    public HostAnswer<HostCapsule> ask(HostClient client, Duration limit) {
        var order =
                new BootOrder(
                        row.id(),
                        row.incarnation(),
                        row.templateTeam(),
                        row.template(),
                        row.spec(),
                        defaults,
                        egress);
        return client.create(order, limit);
    }

    @Override
    public boolean underWay(HostCapsule.Status status) {
        return switch (status) {
            case BOOTING, PAUSING, RESUMING -> true;
            case RUNNING, STOPPED, PAUSED -> false;
        };
    }

    /// Without an answer the host may have begun: then it is never tried on another one.
    @Override
    public boolean refusedForGood(HostAnswer<HostCapsule> answer) {
        return answer instanceof HostAnswer.Refused<HostCapsule>(var fault, _)
                && (fault == HostFault.UNCONNECTED
                        || fault == HostFault.NO_ROOM
                        || fault == HostFault.DISK_FULL
                        || fault == HostFault.NOT_FOUND);
    }

    @Override
    public Verdict verdict(HostAnswer<HostCapsule> answer) {
        return switch (answer) {
            case HostAnswer.Done(var said) ->
                    switch (said.status()) {
                        case RUNNING -> new Verdict.Done(new CapsuleEvent.Booted());
                        case PAUSED -> new Verdict.Done(new CapsuleEvent.Paused());
                        case STOPPED -> failed(HostFault.INTERNAL, said.cause());
                        case BOOTING, PAUSING, RESUMING ->
                                failed(HostFault.TIMEOUT, "the capsule did not boot in time");
                    };
            case HostAnswer.Refused(var fault, var detail) -> failed(fault, detail);
        };
    }

    private static Verdict.Failed failed(HostFault fault, String detail) {
        return new Verdict.Failed(new CapsuleEvent.BootFailed(detail), fault, detail);
    }

    @Override
    public Verdict.Failed givenUp(HostFault fault, String detail) {
        return failed(fault, detail);
    }

    @Override
    public boolean failedAs(CapsuleState state) {
        return state instanceof CapsuleState.Failed;
    }
}
