package dev.wrenn.control.domain.reconcile;

import dev.wrenn.common.model.CapsuleEvent;
import dev.wrenn.common.model.CapsuleId;
import dev.wrenn.common.model.CapsuleState;
import dev.wrenn.common.model.HostId;
import dev.wrenn.control.domain.capsules.CapsuleRow;
import dev.wrenn.control.domain.capsules.CapsuleStore;
import dev.wrenn.control.domain.capsules.Carrier;
import dev.wrenn.control.domain.capsules.Transitions;
import dev.wrenn.control.domain.hosts.HostAnswer;
import dev.wrenn.control.domain.hosts.HostCapsule;
import dev.wrenn.control.domain.hosts.HostDirectory;
import dev.wrenn.control.domain.hosts.HostEvents;
import dev.wrenn.control.domain.hosts.HostFault;
import dev.wrenn.control.domain.hosts.ListSum;
import dev.wrenn.control.domain.network.NetworkStore;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Semaphore;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Carries out what [Rules] decides, for each capsule that a host mentions or should have
/// mentioned. Every replica may run one over the same rows: changes are compare-and-set and calls
/// to hosts can be repeated. Thread-safe.
public final class Reconciler implements HostEvents {
    private static final Logger LOG = LoggerFactory.getLogger(Reconciler.class);
    private static final Duration ASK = Duration.ofSeconds(5);
    private static final Duration DESTROY = Duration.ofSeconds(30);

    /// Destroys under way at once, over all hosts.
    private static final int WIDTH = 16;

    /// How much newer a host's word on activity must be to be worth a write.
    private static final Duration ACTIVITY_STEP = Duration.ofSeconds(15);

    /// Each round moves a row on; it cannot take more steps than there are states.
    private static final int MOST_ROUNDS = 8;

    private final CapsuleStore store;
    private final Transitions transitions;
    private final HostDirectory hosts;
    private final NetworkStore networks;
    private final Carrier carrier;
    private final Consumer<HostId> heard;
    private final Set<CapsuleId> destroying = ConcurrentHashMap.newKeySet();
    private final Semaphore width = new Semaphore(WIDTH);
    private final Map<HostId, Agreed> agreed = new ConcurrentHashMap<>();

    /// @param carrier has copies of what hosts have saved
    /// @param heard notes at once that a host is there
    public Reconciler(
            CapsuleStore store,
            Transitions transitions,
            HostDirectory hosts,
            NetworkStore networks,
            Carrier carrier,
            Consumer<HostId> heard) {
        this.heard = heard;
        this.carrier = carrier;
        this.store = store;
        this.transitions = transitions;
        this.hosts = hosts;
        this.networks = networks;
    }

    @Override
    public void denied(
            HostId host, CapsuleId capsule, long incarnation, long packets, List<String> flows) {
        networks.denied(capsule, incarnation, packets, flows);
    }

    @Override
    public Instant beforeAsking() {
        return store.now();
    }

    /// Or else what runs there would be taken for lost once more, until the host is noted.
    @Override
    public void back(HostId host) {
        heard.accept(host);
    }

    @Override
    public ListSum settled(HostId host) {
        var before = agreed.get(host);
        return before != null && store.markOf(host).equals(before.rows())
                ? before.list()
                : ListSum.NONE;
    }

    @Override
    public void snapshot(HostId host, Instant asked, List<HostCapsule> capsules, ListSum sum) {
        var now = Agreed.of(store.markOf(host), capsules, sum);
        var before = agreed.get(host);
        if (before != null && before.says(now)) {
            noteNew(before, capsules);
            agreed.put(host, now);
        } else {
            agreed.remove(host);
            if (settleAll(host, asked, capsules)) agreed.put(host, now);
        }
        if (hosts.client(host).isEmpty()) agreed.remove(host); // it went meanwhile
    }

    @Override
    public void gone(HostId host) {
        agreed.remove(host);
    }

    /// @return whether nothing was to be done, nor would have been for any later word
    private boolean settleAll(HostId host, Instant asked, List<HostCapsule> capsules) {
        boolean agrees = true;
        var said = new HashMap<CapsuleId, HostCapsule>();
        for (var capsule : capsules) said.put(capsule.id(), capsule);
        var rows = new HashMap<CapsuleId, CapsuleRow>();
        for (var row : store.aliveOn(host)) rows.put(row.id(), row);
        var others = new HashSet<CapsuleId>(said.keySet());
        others.removeAll(rows.keySet());
        if (!others.isEmpty()) agrees = false; // what becomes of their rows shows in no mark
        for (var row : store.byIds(others)) rows.put(row.id(), row);
        var all = new HashSet<CapsuleId>(said.keySet());
        all.addAll(rows.keySet());
        for (var id : all) {
            var row = rows.get(id);
            boolean later = row != null && asked.isAfter(row.updatedAt());
            agrees &= later && keeps(Rules.decide(host, row, said.get(id), Evidence.LATER));
            settle(host, id, row, said.get(id), later ? Evidence.LATER : Evidence.OLDER);
        }
        noteActivity(rows, said);
        return agrees;
    }

    private static boolean keeps(Decision decision) {
        return decision instanceof Decision.Keep;
    }

    /// What was active since a list that agreed.
    private void noteNew(Agreed before, List<HostCapsule> capsules) {
        for (var capsule : capsules)
            capsule.lastActiveAt()
                    .filter(active -> active.isAfter(before.active()))
                    .ifPresent(active -> store.touch(capsule.id(), active));
    }

    @Override
    public void changed(HostId host, HostCapsule capsule) {
        var row = store.find(capsule.id()).orElse(null);
        settle(host, capsule.id(), row, capsule, Evidence.LATER);
    }

    @Override
    public void removed(HostId host, CapsuleId capsule, long incarnation) {
        var row = store.find(capsule).orElse(null);
        // A resume that failed leaves the host one life behind its row.
        if (row != null && row.incarnation() >= incarnation)
            settle(host, capsule, row, null, Evidence.LATER);
    }

    private void settle(
            HostId host,
            CapsuleId id,
            @Nullable CapsuleRow row,
            @Nullable HostCapsule said,
            Evidence evidence) {
        for (int round = 0; round < MOST_ROUNDS; round++) {
            switch (Rules.decide(host, row, said, evidence)) {
                case Decision.Keep _ -> {
                    return;
                }
                case Decision.DestroyThere _ -> {
                    destroyThere(host, id, row, said);
                    return;
                }
                case Decision.Apply(var event) -> {
                    if (row == null) return;
                    if (event instanceof CapsuleEvent.Paused && unsure(row.state()))
                        carrier.doubt(row);
                    // A fresh word is about exactly the row that was seen before asking: nobody
                    // can have changed it since. Any other word is of the incarnation it names.
                    var stored =
                            evidence == Evidence.FRESH
                                    ? transitions.applyTo(row, event, said)
                                    : transitions.apply(id, row.incarnation(), event, said);
                    if (stored.isEmpty()) return;
                    row = stored.get();
                }
                case Decision.AskAgain _ -> {
                    if (row == null) return;
                    var answer = ask(host, id);
                    if (answer instanceof HostAnswer.Done(var now)) {
                        said = now;
                        evidence = Evidence.FRESH;
                    } else if (answer instanceof HostAnswer.Refused(var fault, _)
                            && fault == HostFault.NOT_FOUND) {
                        vanished(row);
                        return;
                    } else {
                        return; // no word is no evidence; the next full list asks again
                    }
                }
            }
        }
        LOG.atWarn().addKeyValue("capsule", id).log("row keeps moving; left to the next list");
    }

    /// It may have run since its image was copied.
    private static boolean unsure(CapsuleState state) {
        return state instanceof CapsuleState.Starting || state instanceof CapsuleState.Missing;
    }

    /// What never went on after it was paused is not lost with its host: there is a copy.
    private void vanished(CapsuleRow row) {
        boolean copied = !(row.state() instanceof CapsuleState.Running) && carrier.has(row.id());
        if (!copied) transitions.applyTo(row, new CapsuleEvent.Vanished(), null);
        else if (row.state() instanceof CapsuleState.Missing)
            transitions.applyTo(row, new CapsuleEvent.Paused(), null);
    }

    private HostAnswer<HostCapsule> ask(HostId host, CapsuleId id) {
        var client = hosts.client(host);
        if (client.isEmpty()) return new HostAnswer.Refused<>(HostFault.UNREACHABLE, "no host");
        return client.get().find(id, ASK);
    }

    /// A later life than the one that was spoken of is not meant.
    private void destroyThere(
            HostId host, CapsuleId id, @Nullable CapsuleRow row, @Nullable HostCapsule said) {
        var client = hosts.client(host);
        if (client.isEmpty() || !destroying.add(id)) return;
        if (row == null || !row.state().isFinal())
            LOG.atWarn()
                    .addKeyValue("capsule", id)
                    .addKeyValue("host", host)
                    .log("host has a capsule that is not its own; destroying it there");
        Thread.ofVirtual()
                .name("reconcile-destroy-" + id)
                .start(() -> {
                    width.acquireUninterruptibly();
                    try {
                        if (said == null) client.get().destroy(id, DESTROY);
                        else client.get().destroy(id, said.incarnation(), DESTROY);
                    } finally {
                        width.release();
                        destroying.remove(id);
                    }
                });
    }

    private void noteActivity(Map<CapsuleId, CapsuleRow> rows, Map<CapsuleId, HostCapsule> said) {
        for (var row : rows.values()) {
            var capsule = said.get(row.id());
            if (capsule == null || capsule.lastActiveAt().isEmpty()) continue;
            var active = capsule.lastActiveAt().get();
            var known = row.facts().lastActiveAt();
            if (row.state().isFinal()) continue;
            if (known.isEmpty() || active.isAfter(known.get().plus(ACTIVITY_STEP)))
                store.touch(row.id(), active);
        }
    }
}
