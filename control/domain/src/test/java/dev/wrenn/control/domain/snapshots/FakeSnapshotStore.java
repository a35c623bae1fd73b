package dev.wrenn.control.domain.snapshots;

import dev.wrenn.common.model.CapsuleSpec;
import dev.wrenn.common.model.TeamId;
import dev.wrenn.common.model.TemplateId;
import dev.wrenn.control.domain.audit.Actor;
import dev.wrenn.control.domain.hosts.HostSnapshot;
import dev.wrenn.control.domain.teams.Amounts;
import dev.wrenn.control.domain.templates.GuestDefaults;
import dev.wrenn.control.domain.templates.Template;
import dev.wrenn.control.domain.templates.TemplateStore;
import dev.wrenn.control.domain.templates.TemplateType;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/// Templates in memory, of both ports.
final class FakeSnapshotStore implements SnapshotStore, TemplateStore {
    final Map<TemplateId, Draft> saving = new LinkedHashMap<>();
    final Map<TemplateId, Draft> deleting = new LinkedHashMap<>();
    final Set<TemplateId> renewed = new HashSet<>(); // since the last sweep
    final List<Template> ready = new ArrayList<>();

    @Override
    public synchronized Begun begin(Draft draft, CapsuleSpec spec, Duration lease, Amounts normal) {
        saving.put(draft.id(), draft);
        return new Begun.Done();
    }

    @Override
    public synchronized Published publish(
            TemplateId id, HostSnapshot made, boolean overwrite, Actor by) {
        var draft = saving.get(id);
        if (draft == null) return new Published.Gone();
        var old = byName(draft.team(), draft.name());
        if (old.isPresent() && !overwrite) return new Published.Taken();
        var replaced = old.flatMap(t -> delete(t.team(), t.name(), by));
        saving.remove(id);
        var template =
                new Template(
                        id,
                        draft.team(),
                        draft.name(),
                        TemplateType.SNAPSHOT,
                        made.vcpus(),
                        made.memory(),
                        made.sizeBytes(),
                        Instant.EPOCH,
                        made.metadata(),
                        draft.host());
        ready.add(template);
        return new Published.Done(template, replaced);
    }

    @Override
    public synchronized void discard(TemplateId id) {
        var draft = saving.remove(id);
        if (draft != null) deleting.put(id, draft);
    }

    @Override
    public synchronized Optional<Draft> delete(TeamId team, String name, Actor by) {
        var found = byName(team, name).filter(t -> t.team().equals(team));
        var draft = found.map(t -> new Draft(t.id(), t.team(), t.name(), t.host()));
        found.ifPresent(ready::remove);
        draft.ifPresent(d -> deleting.put(d.id(), d));
        return draft;
    }

    @Override
    public synchronized void renew(Set<TemplateId> drafts, Duration lease) {
        renewed.addAll(drafts);
    }

    @Override
    public synchronized void discardAbandoned() {
        for (var id : List.copyOf(saving.keySet())) if (!renewed.contains(id)) discard(id);
        renewed.clear();
    }

    @Override
    public synchronized List<Draft> doomed(int limit) {
        return deleting.values().stream().limit(limit).toList();
    }

    @Override
    public synchronized void forget(TemplateId id) {
        deleting.remove(id);
    }

    @Override
    public synchronized Optional<Template> byName(TeamId team, String name) {
        return ready.stream()
                .filter(t -> t.name().equals(name) && (t.team().equals(team) || t.platform()))
                .findFirst();
    }

    @Override
    public synchronized Optional<Template> byId(TemplateId id) {
        return ready.stream().filter(t -> t.id().equals(id)).findFirst();
    }

    @Override
    public GuestDefaults defaults(TemplateId id) {
        return GuestDefaults.NONE;
    }

    @Override
    public synchronized List<Template> all() {
        return List.copyOf(ready);
    }

    @Override
    public synchronized List<Template> visibleTo(TeamId team) {
        return List.copyOf(ready);
    }
}
