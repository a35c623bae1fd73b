package dev.wrenn.control.store;

import static org.assertj.core.api.Assertions.assertThat;

import dev.wrenn.common.model.CapsuleSpec;
import dev.wrenn.common.model.CapsuleState;
import dev.wrenn.common.model.HostId;
import dev.wrenn.common.model.MemorySize;
import dev.wrenn.common.model.TeamId;
import dev.wrenn.common.model.TemplateId;
import dev.wrenn.common.model.UserId;
import dev.wrenn.control.domain.audit.Actor;
import dev.wrenn.control.domain.capsules.Admission;
import dev.wrenn.control.domain.capsules.CapsuleRow;
import dev.wrenn.control.domain.capsules.Step;
import dev.wrenn.control.domain.hosts.Capacity;
import dev.wrenn.control.domain.hosts.HostSnapshot;
import dev.wrenn.control.domain.hosts.ImageName;
import dev.wrenn.control.domain.images.TemplateImages;
import dev.wrenn.control.domain.snapshots.Draft;
import dev.wrenn.control.domain.teams.Amounts;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/// What changes of capsules and templates mean for the copies of their images.
class SavedImagesContractTest {
    @RegisterExtension static final StoreFixture STORE = new StoreFixture();

    private static final CapsuleSpec SPEC =
            new CapsuleSpec(1, MemorySize.ofMib(256), CapsuleSpec.DEFAULT_DISK, Duration.ZERO);
    private static final Capacity PLENTY = new Capacity(MemorySize.ofMib(1 << 20), 10_000);
    private static final String SUM = "ab".repeat(32);

    private final UserId user = UserId.random();
    private final TeamId team = TeamId.random();
    private final PgCapsuleStore capsules = new PgCapsuleStore(STORE.db());
    private final PgSavedImages images = new PgSavedImages(STORE.db());
    private final PgTemplateImages templates = new PgTemplateImages(STORE.db());
    private HostId host;
    private CapsuleRow row;

    @BeforeEach
    void place() {
        host = host();
        var wanted = STORE.capsule(user, team, host, SPEC);
        row = ((Admission.In) capsules.insert(wanted, Amounts.NORMAL)).capsule();
        to(new CapsuleState.Running());
    }

    private HostId host() {
        var made = HostId.random();
        STORE.seed(user, team, made);
        return made;
    }

    private static Step step(CapsuleRow from, CapsuleState state, long incarnation) {
        return new Step(state, incarnation, from.facts(), Actor.SYSTEM, Optional.empty());
    }

    private void to(CapsuleState state) {
        row = capsules.advance(row, step(row, state, row.incarnation())).orElseThrow();
    }

    private boolean due() {
        return images.due(List.of(host), Duration.ZERO, 10).stream()
                .anyMatch(r -> r.id().equals(row.id()));
    }

    private boolean doomed() {
        return images.doomed(1000).contains(row.id());
    }

    private void publish() {
        assertThat(images.published(row, SUM, 7)).isTrue();
        assertThat(images.current(row.id())).contains(SUM);
        assertThat(due()).isFalse();
    }

    @Test
    void aCopyIsDueWithAPauseAndOutlivedByALife() {
        assertThat(due()).isFalse();
        to(new CapsuleState.Paused());
        assertThat(due()).isTrue();
        assertThat(images.due(List.of(host()), Duration.ZERO, 10)).isEmpty();
        assertThat(images.due(List.of(host), Duration.ofHours(1), 10)).isEmpty();
        publish();
        to(new CapsuleState.Starting());
        assertThat(images.current(row.id())).isPresent();
        to(new CapsuleState.Paused()); // the resume failed
        assertThat(images.current(row.id())).isPresent();
        to(new CapsuleState.Starting());
        to(new CapsuleState.Running());
        assertThat(images.current(row.id())).isEmpty();
        assertThat(due()).isFalse();
        to(new CapsuleState.Paused());
        assertThat(due()).isTrue();
        images.later(row.id());
        assertThat(due()).isFalse();
    }

    @Test
    void aCopyOfARowThatHasChangedCountsForNothing() {
        to(new CapsuleState.Paused());
        var seen = row;
        to(new CapsuleState.Starting());
        to(new CapsuleState.Paused());
        assertThat(images.published(seen, SUM, 7)).isFalse();
        assertThat(images.current(row.id())).isEmpty();
        publish();
        assertThat(images.published(row, SUM, 7)).as("again").isFalse();
    }

    @Test
    void onlyTheHostThatHasTheImageCanRaiseADoubt() {
        to(new CapsuleState.Paused());
        publish();
        images.doubt(row.id(), host());
        assertThat(images.current(row.id())).isPresent();
        images.doubt(row.id(), host);
        assertThat(images.current(row.id())).isEmpty();
        assertThat(due()).isTrue();
        publish();
        images.heldBy(row.id(), Optional.empty());
        images.doubt(row.id(), host);
        assertThat(images.current(row.id())).isPresent();
    }

    @Test
    void whatWasLostOnItsWayToRunningKeepsItsCopy() {
        to(new CapsuleState.Paused());
        publish();
        to(new CapsuleState.Starting());
        to(new CapsuleState.Missing());
        assertThat(images.current(row.id())).isPresent();
        to(new CapsuleState.Paused());
        assertThat(images.current(row.id())).isPresent();
        to(new CapsuleState.Running());
        to(new CapsuleState.Missing());
        to(new CapsuleState.Paused());
        assertThat(images.current(row.id())).as("it ran").isEmpty();
        assertThat(due()).isTrue();
    }

    @Test
    void theCopyGoesWithItsCapsule() {
        to(new CapsuleState.Paused());
        publish();
        to(new CapsuleState.Damaged("cause"));
        assertThat(doomed()).as("somebody may want it").isFalse();
        to(new CapsuleState.Stopped("cause"));
        assertThat(doomed()).isTrue();
        assertThat(images.current(row.id())).isEmpty();
        images.forget(row.id());
        assertThat(doomed()).isFalse();
    }

    @Test
    void aCapsuleGoesOnElsewhereOnlyWithACopyAndWhereThereIsRoom() {
        to(new CapsuleState.Paused());
        var other = host();
        var step = step(row, new CapsuleState.Starting(), row.incarnation() + 1);
        assertThat(capsules.resumeOn(row, step, other, PLENTY, Amounts.NORMAL))
                .isInstanceOf(Admission.Lost.class);
        publish();
        var small = new Capacity(MemorySize.ofMib(128), 8);
        assertThat(capsules.resumeOn(row, step, other, small, Amounts.NORMAL))
                .isInstanceOf(Admission.NoRoom.class);
        assertThat(capsules.find(row.id())).contains(row);
        var moved = capsules.resumeOn(row, step, other, PLENTY, Amounts.NORMAL);
        assertThat(((Admission.In) moved).capsule())
                .returns(other, CapsuleRow::host)
                .returns(row.incarnation() + 1, CapsuleRow::incarnation)
                .returns(new CapsuleState.Starting(), CapsuleRow::state);
        assertThat(capsules.resumeOn(row, step, other, PLENTY, Amounts.NORMAL))
                .as("of two one wins")
                .isInstanceOf(Admission.Lost.class);
        var reserved = new PgPlacementStore(STORE.db()).reserved(List.of(host, other));
        assertThat(reserved.get(host).memoryMb()).isZero();
        assertThat(reserved.get(other).memoryMb()).isEqualTo(256);
        assertThat(images.current(row.id())).isPresent();
    }

    @Test
    void aTemplateIsCopiedWhileItIsThere() {
        var snapshots = new PgSnapshotStore(STORE.db());
        var id = TemplateId.random();
        var draft = new Draft(id, team, "t-" + id, Optional.of(host));
        snapshots.begin(draft, SPEC, Duration.ofMinutes(1), Amounts.NORMAL);
        assertThat(templates.due(List.of(host), Duration.ZERO, 10)).isEmpty();
        assertThat(templates.copying(id, host)).isFalse();
        var made = new HostSnapshot(7, 1, MemorySize.ofMib(256), Map.of());
        snapshots.publish(id, made, false, Actor.SYSTEM);
        assertThat(templates.due(List.of(host), Duration.ZERO, 10))
                .singleElement()
                .returns(host, due -> due.host())
                .returns(id, due -> due.name().id());
        assertThat(templates.current(id)).isEmpty();
        assertThat(templates.published(id, SUM)).isTrue();
        assertThat(templates.current(id)).contains(SUM);
        assertThat(templates.due(List.of(host), Duration.ZERO, 10)).isEmpty();
        var other = host();
        assertThat(templates.copying(id, other)).isTrue();
        assertThat(templates.copying(id, other)).as("again").isTrue();
        snapshots.delete(team, draft.name(), Actor.SYSTEM);
        assertThat(templates.copying(id, host)).isFalse();
        assertThat(templates.current(id)).isEmpty();
        assertThat(templates.copies(id)).containsExactly(other);
        templates.removed(id, other);
        assertThat(templates.copies(id)).isEmpty();
        assertThat(templates.published(id, SUM)).isFalse();
    }

    /// The refresh token that a host's own goes back to.
    private static UUID token(HostId of) throws SQLException {
        var token = UUID.randomUUID();
        execute(
                "insert into host_refresh_tokens (id, host_id, token_hash, expires_at)"
                        + " values (?, ?, ?, now() + interval '1 day')",
                token,
                of.value(),
                token.toString());
        return token;
    }

    private static void execute(String sql, Object... values) throws SQLException {
        try (var connection = STORE.connect();
                var statement = connection.prepareStatement(sql)) {
            for (int i = 0; i < values.length; i++) statement.setObject(i + 1, values[i]);
            statement.executeUpdate();
        }
    }

    @Test
    void aHostIsGivenWhatWasPlacedOnIt() throws SQLException {
        var snapshots = new PgSnapshotStore(STORE.db());
        var id = TemplateId.random();
        var draft = new Draft(id, team, "t-" + id, Optional.of(host));
        snapshots.begin(draft, SPEC, Duration.ofMinutes(1), Amounts.NORMAL);
        var made = new HostSnapshot(7, 1, MemorySize.ofMib(256), Map.of());
        snapshots.publish(id, made, false, Actor.SYSTEM);
        var other = host();
        var third = host();
        var mine = token(other);
        assertThat(templates.copying(id, other)).isTrue();
        assertThat(templates.granted(id, other, mine)).as("not published yet").isEmpty();
        assertThat(templates.published(id, SUM)).isTrue();
        var name = new ImageName.OfTemplate(team, id);
        var granted = new TemplateImages.Granted(name, SUM);
        assertThat(templates.granted(id, other, mine)).contains(granted);
        assertThat(templates.granted(id, third, token(third))).as("not placed there").isEmpty();
        assertThat(templates.granted(id, other, token(third))).as("another's token").isEmpty();
        assertThat(templates.granted(TemplateId.random(), other, mine)).isEmpty();
        snapshots.delete(team, draft.name(), Actor.SYSTEM);
        assertThat(templates.granted(id, other, mine)).as("to the end").contains(granted);
        execute("update host_refresh_tokens set revoked_at = now() where id = ?", mine);
        assertThat(templates.granted(id, other, mine)).as("revoked").isEmpty();
        var next = token(other);
        assertThat(templates.granted(id, other, next)).contains(granted);
        templates.removed(id, other);
        assertThat(templates.granted(id, other, next)).as("no copy any more").isEmpty();
    }
}
