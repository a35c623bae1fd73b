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
                    new CapsuleState.Missing(),
                    new CapsuleState.Stopped("s"),
                    new CapsuleState.Failed("f"));
    private static final List<CapsuleEvent> EVENTS =
            List.of(
                    new CapsuleEvent.Booted(),
                    new CapsuleEvent.BootFailed("b"),
                    new CapsuleEvent.Died("d"),
                    new CapsuleEvent.HostLost(),
                    new CapsuleEvent.Vanished(),
                    new CapsuleEvent.Destroyed("x"));

    /// state/event → status after; every pair that is not here must be refused.
    private static final Map<String, String> TABLE =
            new TreeMap<>(
                    Map.ofEntries(
                            Map.entry("pending/Booted", "running"),
                            Map.entry("pending/BootFailed", "error"),
                            Map.entry("pending/Died", "error"),
                            Map.entry("pending/HostLost", "missing"),
                            Map.entry("pending/Vanished", "error"),
                            Map.entry("pending/Destroyed", "stopped"),
                            Map.entry("running/Booted", "running"),
                            Map.entry("running/Died", "stopped"),
                            Map.entry("running/HostLost", "missing"),
                            Map.entry("running/Vanished", "stopped"),
                            Map.entry("running/Destroyed", "stopped"),
                            Map.entry("missing/Booted", "running"),
                            Map.entry("missing/BootFailed", "error"),
                            Map.entry("missing/Died", "stopped"),
                            Map.entry("missing/HostLost", "missing"),
                            Map.entry("missing/Vanished", "stopped"),
                            Map.entry("missing/Destroyed", "stopped")));

    @Test
    void everyStateAndEventIsInTheTableOrRefused() {
        for (var state : STATES) {
            for (var event : EVENTS) {
                var key = state.status().wire() + "/" + event.getClass().getSimpleName();
                var expected = TABLE.get(key);
                if (expected == null) {
                    assertThatThrownBy(() -> CapsuleState.next(state, event))
                            .as(key)
                            .isInstanceOf(IllegalTransition.class)
                            .hasMessageContaining(state.status().wire())
                            .hasMessageContaining(event.getClass().getSimpleName());
                } else {
                    assertThat(CapsuleState.next(state, event).status().wire())
                            .as(key)
                            .isEqualTo(expected);
                }
            }
        }
    }

    @Test
    void finalStatesCarryTheirCause() {
        var died = CapsuleState.next(new CapsuleState.Running(), new CapsuleEvent.Died("killed"));
        assertThat(died.endCause()).contains("killed");
        assertThat(died.status().isFinal()).isTrue();
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
