package dev.wrenn.control.domain.capsules;

import static org.assertj.core.api.Assertions.assertThat;

import dev.wrenn.common.model.CapsuleEvent;
import dev.wrenn.common.model.CapsuleId;
import dev.wrenn.common.model.CapsuleSpec;
import dev.wrenn.common.model.CapsuleState;
import dev.wrenn.common.model.Egress;
import dev.wrenn.common.model.HostId;
import dev.wrenn.common.model.MemorySize;
import dev.wrenn.common.model.TeamId;
import dev.wrenn.common.model.TemplateId;
import dev.wrenn.control.domain.audit.Actor;
import dev.wrenn.control.domain.hosts.HostAnswer;
import dev.wrenn.control.domain.hosts.HostCapsule;
import dev.wrenn.control.domain.hosts.HostFault;
import dev.wrenn.control.domain.templates.GuestDefaults;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/// What each answer of a host means for each kind of order.
class VerdictTest {
    private static final CapsuleId ID = CapsuleId.random();

    private static CapsuleRow row(CapsuleState state) {
        return new CapsuleRow(
                ID,
                TeamId.random(),
                TeamId.PLATFORM,
                TemplateId.MINIMAL,
                "minimal",
                HostId.random(),
                new CapsuleSpec(1, MemorySize.ofMib(512), CapsuleSpec.DEFAULT_DISK, Duration.ZERO),
                state,
                2,
                1,
                Facts.NONE,
                Actor.SYSTEM,
                Instant.EPOCH,
                Instant.EPOCH);
    }

    private static final Order BOOT =
            new Boot(row(new CapsuleState.Pending()), GuestDefaults.NONE, Egress.OPEN);
    private static final Order PAUSE = new Pause(row(new CapsuleState.Pausing()));
    private static final Order RESUME = new Resume(row(new CapsuleState.Starting()));

    private static HostAnswer<HostCapsule> said(HostCapsule.Status status) {
        return new HostAnswer.Done<>(
                new HostCapsule(
                        ID,
                        2,
                        status,
                        "cause",
                        Optional.empty(),
                        Optional.empty(),
                        Optional.empty(),
                        Optional.empty(),
                        Map.of(),
                        Optional.empty()));
    }

    private static HostAnswer<HostCapsule> refused(HostFault fault) {
        return new HostAnswer.Refused<>(fault, "words");
    }

    private static String word(Order.Verdict verdict) {
        return switch (verdict) {
            case Order.Verdict.Done(var event) -> name(event);
            case Order.Verdict.Failed(var event, _, _) -> "failed: " + name(event);
            case Order.Verdict.Unknown _ -> "unknown";
        };
    }

    private static String name(CapsuleEvent event) {
        return event.getClass().getSimpleName();
    }

    private static String words(HostAnswer<HostCapsule> answer) {
        var all = new ArrayList<String>();
        for (var order : List.of(BOOT, PAUSE, RESUME)) all.add(word(order.verdict(answer)));
        return String.join(", ", all);
    }

    @Test
    void everyStatusHasAMeaning() {
        for (var status : HostCapsule.Status.values())
            assertThat(words(said(status)))
                    .as(status.name())
                    .isEqualTo(
                            switch (status) {
                                case BOOTING ->
                                        "failed: BootFailed, failed: PauseFailed,"
                                                + " failed: ResumeFailed";
                                case RUNNING -> "Booted, failed: PauseFailed, Booted";
                                case STOPPED ->
                                        "failed: BootFailed, failed: Died, failed: ImageLost";
                                case PAUSING -> "failed: BootFailed, unknown, Booted";
                                case PAUSED -> "Paused, Paused, failed: ResumeFailed";
                                case RESUMING -> "failed: BootFailed, failed: PauseFailed, unknown";
                            });
    }

    @Test
    void everyFaultHasAMeaning() {
        for (var fault : HostFault.values())
            assertThat(words(refused(fault)))
                    .as(fault.name())
                    .isEqualTo(
                            switch (fault) {
                                case UNREACHABLE, UNCONNECTED, TIMEOUT ->
                                        "failed: BootFailed, unknown, unknown";
                                case NOT_FOUND ->
                                        "failed: BootFailed, failed: Vanished, failed: Vanished";
                                case DATA_LOSS ->
                                        "failed: BootFailed, failed: PauseFailed,"
                                                + " failed: ImageLost";
                                case INVALID,
                                        CONFLICT,
                                        EXISTS,
                                        FORBIDDEN,
                                        NO_ROOM,
                                        DISK_FULL,
                                        UNIMPLEMENTED,
                                        GUEST_GONE,
                                        INTERNAL ->
                                        "failed: BootFailed, failed: PauseFailed,"
                                                + " failed: ResumeFailed";
                            });
    }

    /// Without an answer for too long a capsule is taken for what it was before.
    @Test
    void whatIsGivenUpIsAsItWasBefore() {
        var pause = PAUSE.givenUp(HostFault.TIMEOUT, "words").event();
        assertThat(CapsuleState.next(new CapsuleState.Pausing(), pause))
                .isEqualTo(new CapsuleState.Running());
        var resume = RESUME.givenUp(HostFault.TIMEOUT, "words").event();
        assertThat(CapsuleState.next(new CapsuleState.Starting(), resume))
                .isEqualTo(new CapsuleState.Paused());
    }

    /// Whatever an answer means can be applied to the row that asked.
    @Test
    void everyVerdictFitsItsRow() {
        for (var order : List.of(BOOT, PAUSE, RESUME)) {
            var state =
                    switch (order) {
                        case Boot(var row, _, _) -> row.state();
                        case Pause(var row) -> row.state();
                        case Resume(var row) -> row.state();
                    };
            var answers = new ArrayList<HostAnswer<HostCapsule>>();
            for (var status : HostCapsule.Status.values()) answers.add(said(status));
            for (var fault : HostFault.values()) answers.add(refused(fault));
            for (var answer : answers)
                switch (order.verdict(answer)) {
                    case Order.Verdict.Done(var event) ->
                            assertThat(CapsuleState.next(state, event)).isNotEqualTo(state);
                    case Order.Verdict.Failed(var event, _, _) ->
                            assertThat(CapsuleState.next(state, event)).isNotEqualTo(state);
                    case Order.Verdict.Unknown _ -> {}
                }
        }
    }
}
