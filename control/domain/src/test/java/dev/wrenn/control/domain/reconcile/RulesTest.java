package dev.wrenn.control.domain.reconcile;

import static org.assertj.core.api.Assertions.assertThat;

import dev.wrenn.common.model.CapsuleEvent;
import dev.wrenn.common.model.CapsuleId;
import dev.wrenn.common.model.CapsuleSpec;
import dev.wrenn.common.model.CapsuleState;
import dev.wrenn.common.model.HostId;
import dev.wrenn.common.model.MemorySize;
import dev.wrenn.common.model.TeamId;
import dev.wrenn.common.model.TemplateId;
import dev.wrenn.control.domain.audit.Actor;
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
                    new CapsuleState.Pausing(),
                    new CapsuleState.Paused(),
                    new CapsuleState.Starting(),
                    new CapsuleState.Missing(),
                    new CapsuleState.Damaged("d"),
                    new CapsuleState.Stopped("s"),
                    new CapsuleState.Failed("f"));

    private static final String WORDS = "absent BOOTING RUNNING STOPPED PAUSING PAUSED RESUMING";

    /// What a later word of the same incarnation means; columns as in [#WORDS].
    private static final String SAME =
            """
            Pending   Keep     Keep         Booted       BootFailed   Keep         Paused       Keep
            Running   AskAgain Keep         Keep         Died         Keep         Paused       Keep
            Pausing   AskAgain Keep         Keep         Died         Keep         Paused       Keep
            Paused    AskAgain Keep         AskAgain     ImageLost    Keep         Keep         Keep
            Starting  AskAgain Keep         Booted       ImageLost    Booted       Paused       Keep
            Missing   AskAgain Keep         Booted       Died         Keep         Paused       Keep
            Damaged   Keep     Keep         Keep         Keep         Keep         Keep         Keep
            Stopped   Keep     DestroyThere DestroyThere DestroyThere DestroyThere DestroyThere DestroyThere
            Failed    Keep     DestroyThere DestroyThere DestroyThere DestroyThere DestroyThere DestroyThere
            """;

    /// The same for a word of an earlier incarnation.
    private static final String EARLIER =
            """
            Pending   AskAgain     AskAgain     AskAgain     AskAgain     AskAgain     AskAgain
            Running   AskAgain     AskAgain     AskAgain     AskAgain     AskAgain     AskAgain
            Pausing   AskAgain     AskAgain     AskAgain     AskAgain     AskAgain     AskAgain
            Paused    Keep         Keep         ImageLost    Keep         Keep         Keep
            Starting  Keep         Keep         ImageLost    Keep         Keep         Keep
            Missing   AskAgain     AskAgain     AskAgain     AskAgain     AskAgain     AskAgain
            Damaged   Keep         Keep         Keep         Keep         Keep         Keep
            Stopped   DestroyThere DestroyThere DestroyThere DestroyThere DestroyThere DestroyThere
            Failed    DestroyThere DestroyThere DestroyThere DestroyThere DestroyThere DestroyThere
            """;

    private static Decision decide(CapsuleState state, HostCapsule said, Evidence evidence) {
        return Rules.decide(HOST, row(state, HOST), said, evidence);
    }

    private static void holds(String table, String columns, long incarnation) {
        assertThat(table.lines()).hasSize(STATES.size());
        for (var state : STATES) {
            var cells = table.lines().toList().get(STATES.indexOf(state)).split(" +");
            assertThat(cells[0]).isEqualTo(state.getClass().getSimpleName());
            int column = 1;
            for (var word : columns.split(" ")) {
                var said =
                        words(incarnation).stream()
                                .filter(w -> word(w).equals(word))
                                .findFirst()
                                .orElse(null);
                assertThat(name(decide(state, said, Evidence.LATER)))
                        .as(state + "/" + word)
                        .isEqualTo(cells[column++]);
            }
        }
    }

    @Test
    void everyStateAndWordIsInTheTable() {
        assertThat(STATES).hasSize(CapsuleState.class.getPermittedSubclasses().length);
        assertThat(WORDS.split(" ")).hasSize(words(5).size() + 1);
        holds(SAME, WORDS, 5);
        holds(EARLIER, WORDS.replace("absent ", ""), 4);
    }

    /// A list that was asked for before the row's last change proves nothing by what is not in it,
    /// nor by what would undo the change.
    @Test
    void anOlderListUndoesNothing() {
        for (var state : STATES)
            assertThat(name(decide(state, null, Evidence.OLDER))).isEqualTo("Keep");
        var runs = said(5, HostCapsule.Status.RUNNING);
        assertThat(name(decide(new CapsuleState.Paused(), runs, Evidence.OLDER))).isEqualTo("Keep");
        for (var said : words(4))
            assertThat(name(decide(new CapsuleState.Running(), said, Evidence.OLDER)))
                    .isEqualTo("Keep");
    }

    /// The answer to a question is believed: a resume that was given up got through, one that was
    /// stored was lost by the host.
    @Test
    void aFreshWordIsBelieved() {
        var runs = said(5, HostCapsule.Status.RUNNING);
        assertThat(name(decide(new CapsuleState.Paused(), runs, Evidence.FRESH)))
                .isEqualTo("Booted");
        var paused = said(4, HostCapsule.Status.PAUSED);
        var stopped = said(4, HostCapsule.Status.STOPPED);
        for (var state :
                List.of(
                        new CapsuleState.Running(),
                        new CapsuleState.Pausing(),
                        new CapsuleState.Missing())) {
            assertThat(name(decide(state, paused, Evidence.FRESH))).isEqualTo("Paused");
            assertThat(name(decide(state, stopped, Evidence.FRESH))).isEqualTo("Died");
        }
        for (var state : STATES)
            for (long incarnation : new long[] {4, 5})
                for (var said : words(incarnation))
                    assertThat(decide(state, said, Evidence.FRESH))
                            .as("asks no second time")
                            .isNotInstanceOf(Decision.AskAgain.class);
    }

    @Test
    void aLaterLifeIsLeftAlone() {
        for (var state : STATES)
            for (var evidence : Evidence.values())
                for (var said : words(6))
                    assertThat(name(decide(state, said, evidence))).isEqualTo("Keep");
    }

    @Test
    void whatBelongsToAnotherHostOrToNobodyIsDestroyed() {
        var all = new ArrayList<>(words(5));
        all.add(null);
        for (var said : all) {
            var expected = said == null ? "Keep" : "DestroyThere";
            assertThat(name(Rules.decide(HOST, null, said, Evidence.LATER))).isEqualTo(expected);
            for (var state : STATES) {
                var elsewhere = row(state, HostId.random());
                assertThat(name(Rules.decide(HOST, elsewhere, said, Evidence.LATER)))
                        .isEqualTo(expected);
            }
        }
    }

    /// Whatever is decided can be applied: no event is refused by the status table.
    @Test
    void everyEventFitsItsState() {
        for (var state : STATES)
            for (var evidence : Evidence.values())
                for (long incarnation : new long[] {4, 5})
                    for (var said : words(incarnation))
                        if (decide(state, said, evidence) instanceof Decision.Apply(var event))
                            assertThat(CapsuleState.next(state, event)).isNotEqualTo(state);
    }

    private static HostCapsule said(long incarnation, HostCapsule.Status status) {
        return new HostCapsule(
                ID,
                incarnation,
                status,
                "cause",
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                Map.of(),
                Optional.empty());
    }

    private static List<HostCapsule> words(long incarnation) {
        var all = new ArrayList<HostCapsule>();
        for (var status : HostCapsule.Status.values()) all.add(said(incarnation, status));
        return all;
    }

    private static String word(HostCapsule said) {
        return said.status().name();
    }

    private static String name(Decision decision) {
        return switch (decision) {
            case Decision.Apply(CapsuleEvent event) -> event.getClass().getSimpleName();
            case Decision.Keep _, Decision.AskAgain _, Decision.DestroyThere _ ->
                    decision.getClass().getSimpleName();
        };
    }

    private static CapsuleRow row(CapsuleState state, HostId host) {
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
                Actor.SYSTEM,
                Instant.EPOCH,
                Instant.EPOCH);
    }
}
