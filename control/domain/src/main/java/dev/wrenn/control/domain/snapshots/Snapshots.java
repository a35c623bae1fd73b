package dev.wrenn.control.domain.snapshots;

import dev.wrenn.common.model.CapsuleId;
import dev.wrenn.common.model.CapsuleState;
import dev.wrenn.common.model.TeamId;
import dev.wrenn.common.model.TemplateId;
import dev.wrenn.control.domain.StoreUnavailableException;
import dev.wrenn.control.domain.audit.Actor;
import dev.wrenn.control.domain.capsules.CapsuleRow;
import dev.wrenn.control.domain.capsules.CapsuleStore;
import dev.wrenn.control.domain.hosts.HostAnswer;
import dev.wrenn.control.domain.hosts.HostDirectory;
import dev.wrenn.control.domain.hosts.HostFault;
import dev.wrenn.control.domain.hosts.HostSnapshot;
import dev.wrenn.control.domain.teams.Amounts;
import dev.wrenn.control.domain.templates.TemplateStore;
import java.time.Duration;
import java.util.HexFormat;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.random.RandomGenerator;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Making and deleting snapshot templates. What was begun does not depend on the caller staying.
/// Calls block and are meant for virtual threads. Thread-safe.
public final class Snapshots {
    /// How often to call [#sweep()].
    public static final Duration PERIOD = Duration.ofSeconds(5);

    /// How often to call [#renew()].
    public static final Duration RENEWAL = Duration.ofSeconds(3);

    private static final Logger LOG = LoggerFactory.getLogger(Snapshots.class);

    /// Saving takes as long as what the capsule has in memory and on disk.
    private static final Duration LIMIT = Duration.ofMinutes(5);

    /// After so long without a sign of its maker a draft is given up.
    private static final Duration LEASE = Duration.ofSeconds(15);

    private static final Duration REMOVE = Duration.ofSeconds(30);
    private static final int AT_ONCE = 64;
    private static final int NAME_BYTES = 4;

    private final SnapshotStore store;
    private final TemplateStore templates;
    private final CapsuleStore capsules;
    private final HostDirectory hosts;
    private final Copies copies;
    private final RandomGenerator random;
    private final Amounts quota;
    private final Set<TemplateId> making = ConcurrentHashMap.newKeySet();

    /// @param copies what is to go with a template
    /// @param random of generated names
    /// @param quota what a team may have for which nothing else was said
    public Snapshots(
            SnapshotStore store,
            TemplateStore templates,
            CapsuleStore capsules,
            HostDirectory hosts,
            Copies copies,
            RandomGenerator random,
            Amounts quota) {
        this.copies = copies;
        this.store = store;
        this.templates = templates;
        this.capsules = capsules;
        this.hosts = hosts;
        this.random = random;
        this.quota = quota;
    }

    /// Makes a template of a running or paused capsule, which stays what it is. Returns when it can
    /// be used or cannot be made, after 5 min at most.
    ///
    /// @param name empty: a new one is made up
    /// @param overwrite put it in the place of the team's own template of this name, which stays
    ///   until the new one is complete
    public SnapshotOutcome create(
            TeamId team, CapsuleId capsule, Optional<String> name, boolean overwrite, Actor by)
            throws InterruptedException {
        var row = capsules.find(team, capsule);
        if (row.isEmpty()) return new SnapshotOutcome.NotFound();
        var state = row.get().state();
        if (!(state instanceof CapsuleState.Running || state instanceof CapsuleState.Paused))
            return new SnapshotOutcome.WrongState(state);
        var wanted = name.orElseGet(this::newName);
        var other = templates.byName(team, wanted);
        if (other.isPresent() && !other.get().team().equals(team))
            return new SnapshotOutcome.NameReserved(wanted);
        if (other.isPresent() && !overwrite) return new SnapshotOutcome.NameTaken(wanted);
        var draft = new Draft(TemplateId.random(), team, wanted, Optional.of(row.get().host()));
        return switch (store.begin(draft, row.get().spec(), LEASE, quota)) {
            case SnapshotStore.Begun.Reserved _ -> new SnapshotOutcome.NameReserved(wanted);
            case SnapshotStore.Begun.Full(var excess) -> new SnapshotOutcome.TeamFull(excess);
            case SnapshotStore.Begun.NoTeam _ -> new SnapshotOutcome.NotFound();
            case SnapshotStore.Begun.Done _ -> made(row.get(), draft, overwrite, by);
        };
    }

    private SnapshotOutcome made(CapsuleRow row, Draft draft, boolean overwrite, Actor by)
            throws InterruptedException {
        making.add(draft.id());
        var future = new CompletableFuture<SnapshotOutcome>();
        Thread.ofVirtual()
                .name("snapshot-" + draft.id())
                .start(() -> {
                    try {
                        future.complete(makeLeased(row, draft, overwrite, by));
                    } catch (Throwable t) {
                        future.completeExceptionally(t);
                    }
                });
        try {
            return future.get();
        } catch (ExecutionException e) {
            if (e.getCause() instanceof StoreUnavailableException away) throw away;
            throw new IllegalStateException("snapshot of " + row.id() + " broke", e.getCause());
        }
    }

    private String newName() {
        var bytes = new byte[NAME_BYTES];
        random.nextBytes(bytes);
        return "template-" + HexFormat.of().formatHex(bytes);
    }

    private SnapshotOutcome makeLeased(CapsuleRow row, Draft draft, boolean overwrite, Actor by) {
        try {
            return make(row, draft, overwrite, by);
        } finally {
            making.remove(draft.id());
        }
    }

    private SnapshotOutcome make(CapsuleRow row, Draft draft, boolean overwrite, Actor by) {
        var client = hosts.client(row.host());
        HostAnswer<HostSnapshot> answer =
                client.isEmpty()
                        ? new HostAnswer.Refused<>(HostFault.UNREACHABLE, "no host")
                        : client.get().createSnapshot(row.id(), draft.team(), draft.id(), LIMIT);
        return switch (answer) {
            case HostAnswer.Done(var made) ->
                    publish(draft, made.of(row.id(), row.templateName()), overwrite, by);
            case HostAnswer.Refused(var fault, var detail) -> {
                // Without an answer the host may still be at it: the sweep removes what comes of
                // it.
                if (fault != HostFault.UNREACHABLE && fault != HostFault.TIMEOUT) drop(draft);
                yield new SnapshotOutcome.Failed(fault, detail);
            }
        };
    }

    private SnapshotOutcome publish(Draft draft, HostSnapshot made, boolean overwrite, Actor by) {
        return switch (store.publish(draft.id(), made, overwrite, by)) {
            case SnapshotStore.Published.Done(var template, var replaced) -> {
                LOG.atInfo()
                        .addKeyValue("template", template.id())
                        .addKeyValue("team", template.team())
                        .addKeyValue("bytes", template.sizeBytes())
                        .log("snapshot template made");
                replaced.ifPresent(this::removeSoon);
                yield new SnapshotOutcome.Done(template);
            }
            case SnapshotStore.Published.Taken _ -> {
                drop(draft);
                yield new SnapshotOutcome.NameTaken(draft.name());
            }
            case SnapshotStore.Published.Reserved _ -> {
                drop(draft);
                yield new SnapshotOutcome.NameReserved(draft.name());
            }
            case SnapshotStore.Published.Gone _ ->
                    new SnapshotOutcome.Failed(HostFault.TIMEOUT, "not made in time");
        };
    }

    private void drop(Draft draft) {
        store.discard(draft.id());
        removeSoon(draft);
    }

    /// How a deletion ends.
    public enum Deletion {
        /// The name is free; the files go now, or when their host is back.
        DONE,
        NOT_FOUND,
        /// It belongs to the platform.
        FORBIDDEN
    }

    /// Deletes the team's own template; capsules made of it are not touched.
    public Deletion delete(TeamId team, String name, Actor by) {
        var known = templates.byName(team, name);
        if (known.isEmpty()) return Deletion.NOT_FOUND;
        if (!known.get().team().equals(team)) return Deletion.FORBIDDEN;
        var doomed = store.delete(team, name, by);
        doomed.ifPresent(this::removeSoon);
        return doomed.isPresent() ? Deletion.DONE : Deletion.NOT_FOUND;
    }

    /// Tells the other replicas what this one is making; called by each.
    public void renew() {
        var drafts = Set.copyOf(making);
        if (!drafts.isEmpty()) store.renew(drafts, LEASE);
    }

    /// One round of finishing what was cut short; called by one replica at a time.
    public void sweep() {
        store.discardAbandoned();
        for (var draft : store.doomed(AT_ONCE)) remove(draft);
    }

    private void removeSoon(Draft draft) {
        Thread.ofVirtual().name("snapshot-remove-" + draft.id()).start(() -> remove(draft));
    }

    private void remove(Draft draft) {
        var client = draft.host().flatMap(hosts::client);
        try {
            boolean alone = copies.remove(draft);
            if (client.isEmpty()) {
                // The host may be back later.
                if (alone && draft.host().isEmpty()) store.forget(draft.id());
                return;
            }
            switch (client.get().deleteSnapshot(draft.team(), draft.id(), REMOVE)) {
                case HostAnswer.Done<HostAnswer.Nothing> _ -> {
                    if (alone) store.forget(draft.id());
                }
                case HostAnswer.Refused<HostAnswer.Nothing>(var fault, var detail) ->
                        LOG.atInfo()
                                .addKeyValue("template", draft.id())
                                .addKeyValue("fault", fault)
                                .log("files not removed: {}; the sweep tries again", detail);
            }
        } catch (StoreUnavailableException e) {
            LOG.atInfo()
                    .addKeyValue("template", draft.id())
                    .log("row not removed: no database; the sweep tries again");
        }
    }
}
