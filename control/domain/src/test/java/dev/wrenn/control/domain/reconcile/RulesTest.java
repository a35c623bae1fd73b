package dev.wrenn.control.domain.reconcile;

import static org.assertj.core.api.Assertions.assertThat;

import dev.wrenn.common.model.CapsuleEvent;
import dev.wrenn.common.model.CapsuleId;
import dev.wrenn.common.model.CapsuleSpec;
import dev.wrenn.common.model.CapsuleState;
import dev.wrenn.common.model.CapsuleStatus;
import dev.wrenn.common.model.HostId;
import dev.wrenn.common.model.MemorySize;
import dev.wrenn.common.model.TeamId;
import dev.wrenn.common.model.TemplateId;
import dev.wrenn.control.domain.capsules.CapsuleRow;
import dev.wrenn.control.domain.capsules.Facts;
import dev.wrenn.control.domain.hosts.HostCapsule;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class RulesTest {
    private static final CapsuleId ID = CapsuleId.random();
    private static final HostId HOST = HostId.random();
    private static final List<CapsuleState> STATES =
            List.of(
                    new CapsuleState.Pending(),
                    new CapsuleState.Running(),
                    new CapsuleState.Missing(),
                    new CapsuleState.Stopped("s"),
                    new CapsuleState.Failed("f"));

    /// row's status/what the host says of the same incarnation → decision.
    private static final Map<String, String> TABLE =
            Map.ofEntries(
                    Map.entry("pending/BOOTING", "Keep"),
                    Map.entry("pending/RUNNING", "Booted"),
                    Map.entry("pending/STOPPED", "BootFailed"),
                    Map.entry("pending/absent", "Keep"),
                    Map.entry("running/BOOTING", "Keep"),
                    Map.entry("running/RUNNING", "Keep"),
                    Map.entry("running/STOPPED", "Died"),
                    Map.entry("running/absent", "AskAgain"),
                    Map.entry("missing/BOOTING", "Keep"),
                    Map.entry("missing/RUNNING", "Booted"),
                    Map.entry("missing/STOPPED", "Died"),
                    Map.entry("missing/absent", "AskAgain"),
                    Map.entry("stopped/BOOTING", "DestroyThere"),
                    Map.entry("stopped/RUNNING", "DestroyThere"),
                    Map.entry("stopped/STOPPED", "DestroyThere"),
                    Map.entry("stopped/absent", "Keep"),
                    Map.entry("error/BOOTING", "DestroyThere"),
                    Map.entry("error/RUNNING", "DestroyThere"),
                    Map.entry("error/STOPPED", "DestroyThere"),
                    Map.entry("error/absent", "Keep"));

    @Test
    void everyStateAndWordIsInTheTable() {
        for (var state : STATES)
            for (var said : words(5)) {
                var key = state.status().wire() + "/" + word(said);
                assertThat(name(Rules.decide(HOST, row(state, HOST), said, true)))
                        .as(key)
                        .isEqualTo(TABLE.get(key));
            }
    }

    /// A list that was asked for before the row's last change proves nothing.
    @Test
    void absenceInAnOlderListChangesNothing() {
        for (var state : STATES)
            assertThat(name(Rules.decide(HOST, row(state, HOST), null, false))).isEqualTo("Keep");
    }

    @Test
    void anEarlierLifeIsDestroyedALaterOneLeftAlone() {
        for (var state : STATES)
            for (boolean later : new boolean[] {true, false}) {
                for (var said : words(4))
                    if (said != null)
                        assertThat(name(Rules.decide(HOST, row(state, HOST), said, later)))
                                .isEqualTo("DestroyThere");
                for (var said : words(6))
                    if (said != null)
                        assertThat(name(Rules.decide(HOST, row(state, HOST), said, later)))
                                .isEqualTo("Keep");
            }
    }

    @Test
    void whatBelongsToAnotherHostOrToNobodyIsDestroyed() {
        for (var said : words(5)) {
            var expected = said == null ? "Keep" : "DestroyThere";
            assertThat(name(Rules.decide(HOST, null, said, true))).isEqualTo(expected);
            for (var state : STATES)
                assertThat(name(Rules.decide(HOST, row(state, HostId.random()), said, true)))
                        .isEqualTo(expected);
        }
    }

    /// Whatever is decided can be applied: no event is refused by the status table.
    @Test
    void everyEventFitsItsState() {
        for (var state : STATES)
            for (var said : words(5))
                if (Rules.decide(HOST, row(state, HOST), said, true)
                        instanceof Decision.Apply(var event))
                    assertThat(CapsuleState.next(state, event)).isNotEqualTo(state);
    }

    private static List<HostCapsule> words(long incarnation) {
        var all = new ArrayList<HostCapsule>();
        all.add(null);
        for (var status : HostCapsule.Status.values())
            all.add(
                    new HostCapsule(
                            ID,
                            incarnation,
                            status,
                            "cause",
                            Optional.empty(),
                            Optional.empty(),
                            Optional.empty(),
                            Optional.empty(),
                            Map.of()));
        return all;
    }

    private static String word(HostCapsule said) {
        return said == null ? "absent" : said.status().name();
    }

    private static String name(Decision decision) {
        return switch (decision) {
            case Decision.Apply(CapsuleEvent event) -> event.getClass().getSimpleName();
            case Decision.Keep _, Decision.AskAgain _, Decision.DestroyThere _ ->
                    decision.getClass().getSimpleName();
        };
    }

    private static CapsuleRow row(CapsuleState state, HostId host) {
        assertThat(state.status()).isNotEqualTo(CapsuleStatus.PAUSED);
        return new CapsuleRow(
                ID,
                TeamId.random(),
                TeamId.PLATFORM,
                TemplateId.MINIMAL,
                "minimal",
                host,
                new CapsuleSpec(1, MemorySize.ofMib(512), CapsuleSpec.DEFAULT_DISK, Duration.ZERO),
                state,
                5,
                1,
                Facts.NONE,
                Instant.EPOCH,
                Instant.EPOCH);
    }
}
