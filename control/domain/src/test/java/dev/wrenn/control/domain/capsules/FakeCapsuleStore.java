package dev.wrenn.control.domain.capsules;

import dev.wrenn.common.model.CapsuleId;
import dev.wrenn.common.model.CapsuleState;
import dev.wrenn.common.model.HostId;
import dev.wrenn.common.model.TeamId;
import dev.wrenn.control.domain.StoreUnavailableException;
import dev.wrenn.control.domain.audit.AuditEntry;
import dev.wrenn.control.domain.hosts.Capacity;
import dev.wrenn.control.domain.teams.Amounts;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;

/// Capsules in memory, with compare-and-set; can be made unavailable, and other writers can be let
/// in between a read and a write.
public final class FakeCapsuleStore implements CapsuleStore {
    private final Map<CapsuleId, CapsuleRow> rows = new HashMap<>();
    final List<AuditEntry> entries = new ArrayList<>();
    final List<CapsuleId> touches = new ArrayList<>();
    boolean down;
    int reads; // of all rows of a host
    Runnable beforeAdvance = () -> {};

    @Override
    public synchronized Admission insert(NewCapsule c, Amounts normal) {
        check();
        var used = new Amounts(alive(c.team()).size(), 0, 0, 0, 0);
        var excess = used.with(new Amounts(1, 0, 0, 0, 0), normal);
        if (excess.isPresent()) return new Admission.Full(excess.get());
        var row =
                new CapsuleRow(
                        c.id(),
                        c.team(),
                        c.template().team(),
                        c.template().id(),
                        c.template().name(),
                        c.host(),
                        c.spec(),
                        new CapsuleState.Pending(),
                        1,
                        1,
                        Facts.NONE,
                        c.by(),
                        Instant.EPOCH,
                        Instant.EPOCH);
        rows.put(c.id(), row);
        return new Admission.In(row);
    }

    @Override
    public Admission resume(CapsuleRow seen, Step step, Amounts normal) {
        return advance(seen, step).<Admission>map(Admission.In::new).orElseGet(Admission.Lost::new);
    }

    @Override
    public synchronized Admission resumeOn(
            CapsuleRow seen, Step step, HostId to, Capacity capacity, Amounts normal) {
        var moved = move(seen, to, capacity);
        return moved.isEmpty() ? new Admission.Lost() : resume(moved.get(), step, normal);
    }

    public void put(CapsuleRow row) {
        rows.put(row.id(), row);
    }

    @Override
    public synchronized Optional<CapsuleRow> find(CapsuleId id) {
        check();
        return Optional.ofNullable(rows.get(id));
    }

    @Override
    public Optional<CapsuleRow> find(TeamId team, CapsuleId id) {
        return find(id).filter(r -> r.team().equals(team));
    }

    @Override
    public List<CapsuleRow> alive(TeamId team, Optional<CapsuleId> before, int limit) {
        throw new UnsupportedOperationException();
    }

    @Override
    public synchronized List<CapsuleRow> alive(TeamId team) {
        check();
        return rows.values().stream()
                .filter(r -> r.team().equals(team) && !r.state().isFinal())
                .toList();
    }

    @Override
    public Mark markOf(HostId host) {
        check();
        long sum = 0;
        var alive = alive(host);
        for (var row : alive) sum += Objects.hash(row.id(), row.version());
        return new Mark(alive.size(), sum);
    }

    @Override
    public List<CapsuleRow> aliveOn(HostId host) {
        reads++;
        return alive(host);
    }

    private synchronized List<CapsuleRow> alive(HostId host) {
        return rows.values().stream()
                .filter(r -> r.host().equals(host) && !r.status().isFinal())
                .toList();
    }

    @Override
    public synchronized List<CapsuleRow> byIds(Collection<CapsuleId> ids) {
        return rows.values().stream().filter(r -> ids.contains(r.id())).toList();
    }

    @Override
    public List<CapsuleRow> unsettled(Duration age, int limit) {
        return List.of();
    }

    @Override
    public synchronized Optional<CapsuleRow> move(CapsuleRow seen, HostId to, Capacity capacity) {
        check();
        var now = rows.get(seen.id());
        if (now == null || now.version() != seen.version()) return Optional.empty();
        var next =
                new CapsuleRow(
                        now.id(),
                        now.team(),
                        now.templateTeam(),
                        now.template(),
                        now.templateName(),
                        to,
                        now.spec(),
                        now.state(),
                        now.incarnation() + 1,
                        now.version() + 1,
                        now.facts(),
                        now.askedBy(),
                        now.createdAt(),
                        now.updatedAt().plusSeconds(1));
        rows.put(now.id(), next);
        return Optional.of(next);
    }

    @Override
    public List<CapsuleRow> stranded(int limit) {
        return List.of();
    }

    @Override
    public synchronized Optional<CapsuleRow> advance(CapsuleRow seen, Step step) {
        check();
        var between = beforeAdvance;
        beforeAdvance = () -> {};
        between.run();
        var now = rows.get(seen.id());
        if (now == null || now.version() != seen.version()) return Optional.empty();
        var next =
                new CapsuleRow(
                        now.id(),
                        now.team(),
                        now.templateTeam(),
                        now.template(),
                        now.templateName(),
                        now.host(),
                        now.spec(),
                        step.to(),
                        step.incarnation(),
                        now.version() + 1,
                        step.facts(),
                        step.askedBy(),
                        now.createdAt(),
                        now.updatedAt().plusSeconds(1));
        step.entry().ifPresent(entries::add);
        rows.put(now.id(), next);
        return Optional.of(next);
    }

    @Override
    public synchronized void touch(CapsuleId id, Instant active) {
        touches.add(id);
    }

    @Override
    public Instant now() {
        return Instant.EPOCH;
    }

    private void check() {
        if (down) throw new StoreUnavailableException(new SQLException("down"));
    }
}
