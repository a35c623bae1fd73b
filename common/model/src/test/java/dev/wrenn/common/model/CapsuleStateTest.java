package dev.wrenn.common.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

class CapsuleStateTest {
    private static final List<CapsuleState> STATES =
            List.of(
                    new CapsuleState.Pending(),
                    new CapsuleState.Running(),
                    new CapsuleState.Pausing(),
                    new CapsuleState.Paused(),
                    new CapsuleState.Starting(),
                    new CapsuleState.Missing(),
                    new CapsuleState.Damaged("d"),
                    new CapsuleState.Stopped("s"),
                    new CapsuleState.Failed("f"));
    private static final List<CapsuleEvent> EVENTS =
            List.of(
                    new CapsuleEvent.Booted(),
                    new CapsuleEvent.BootFailed("b"),
                    new CapsuleEvent.PauseAsked(),
                    new CapsuleEvent.Paused(),
                    new CapsuleEvent.PauseFailed("p"),
                    new CapsuleEvent.ResumeAsked(),
                    new CapsuleEvent.ResumeFailed("r"),
                    new CapsuleEvent.ImageLost("i"),
                    new CapsuleEvent.Died("d"),
                    new CapsuleEvent.HostLost(),
                    new CapsuleEvent.Vanished(),
                    new CapsuleEvent.Destroyed("x"));

    /// What each event leads to; every pair that is not here must be refused.
    private static final String TABLE =
            """
            Pending: Booted Running · BootFailed Failed · Paused Paused · Died Failed · HostLost Missing · Vanished Failed · Destroyed Stopped
            Running: Booted Running · PauseAsked Pausing · Paused Paused · Died Stopped · HostLost Missing · Vanished Stopped · Destroyed Stopped
            Pausing: Booted Pausing · Paused Paused · PauseFailed Running · Died Stopped · HostLost Missing · Vanished Stopped · Destroyed Stopped
            Paused: Booted Running · Paused Paused · ResumeAsked Starting · ImageLost Damaged · HostLost Paused · Vanished Stopped · Destroyed Stopped
            Starting: Booted Running · Paused Paused · ResumeFailed Paused · ImageLost Damaged · Died Stopped · HostLost Missing · Vanished Stopped · Destroyed Stopped
            Missing: Booted Running · BootFailed Failed · Paused Paused · Died Stopped · HostLost Missing · Vanished Stopped · Destroyed Stopped
            Damaged: Destroyed Stopped
            """;

    @Test
    void theListsAreComplete() {
        assertThat(STATES).hasSize(CapsuleState.class.getPermittedSubclasses().length);
        assertThat(EVENTS).hasSize(CapsuleEvent.class.getPermittedSubclasses().length);
    }

    @Test
    void everyStateAndEventIsInTheTableOrRefused() {
        var table = table();
        for (var state : STATES) {
            for (var event : EVENTS) {
                var key = name(state) + "/" + name(event);
                var expected = table.remove(key);
                if (expected == null) {
                    assertThatThrownBy(() -> CapsuleState.next(state, event))
                            .as(key)
                            .isInstanceOf(IllegalTransition.class)
                            .hasMessageContaining(state.word())
                            .hasMessageContaining(name(event));
                } else {
                    assertThat(name(CapsuleState.next(state, event))).as(key).isEqualTo(expected);
                }
            }
        }
        assertThat(table).isEmpty();
    }

    private static Map<String, String> table() {
        var all = new TreeMap<String, String>();
        for (var line : TABLE.lines().toList()) {
            var parts = line.split(": ", 2);
            for (var step : parts[1].split(" · ")) {
                var eventAndNext = step.split(" ", 2);
                all.put(parts[0] + "/" + eventAndNext[0], eventAndNext[1]);
            }
        }
        return all;
    }

    private static String name(Object value) {
        return value.getClass().getSimpleName();
    }

    @Test
    void whatAClientSees() {
        assertThat(STATES.stream().map(s -> s.status().wire()))
                .containsExactly(
                        "pending",
                        "running",
                        "running",
                        "paused",
                        "starting",
                        "missing",
                        "error",
                        "stopped",
                        "error");
        assertThat(new CapsuleState.Pausing().word()).isEqualTo("pausing");
    }

    /// The files of a damaged image are still there: destroying it must reach the host.
    @Test
    void aDamagedCapsuleHasEndedButIsNotFinal() {
        var damaged =
                CapsuleState.next(
                        new CapsuleState.Starting(), new CapsuleEvent.ImageLost("checksum"));
        assertThat(damaged.endCause()).contains("checksum");
        assertThat(damaged.isFinal()).isFalse();
    }

    @Test
    void finalStatesCarryTheirCause() {
        var died = CapsuleState.next(new CapsuleState.Running(), new CapsuleEvent.Died("killed"));
        assertThat(died.endCause()).contains("killed");
        assertThat(died.isFinal()).isTrue();
    }

    @Test
    void statusWordsAreTheClosedList() {
        assertThat(CapsuleStatus.values())
                .extracting(CapsuleStatus::wire)
                .containsExactly(
                        "pending",
                        "starting",
                        "running",
                        "paused",
                        "hibernated",
                        "stopped",
                        "missing",
                        "error");
        assertThat(CapsuleStatus.ofWire("offline")).isEmpty();
    }
}
