package dev.wrenn.control.domain.hosts;

import dev.wrenn.common.model.HostId;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/// The hosts and what was heard of them last, in memory. Each replica builds its own from its own
/// links; nothing here is the truth about a capsule. Thread-safe.
public final class HostDirectory {
    /// A host that was silent for longer is not reachable. Heartbeats come each 5 s.
    public static final Duration SILENCE = Duration.ofSeconds(15);

    private final InstantSource clock;
    private final ConcurrentHashMap<HostId, Entry> entries = new ConcurrentHashMap<>();

    private record Entry(
            Host host, HostClient client, @Nullable Instant heard, @Nullable HostReport report) {}

    public HostDirectory(InstantSource clock) {
        this.clock = clock;
    }

    /// Adds a host, or replaces its address and client.
    public void put(Host host, HostClient client) {
        entries.put(host.id(), new Entry(host, client, null, null));
    }

    /// Something else than the address of a host has changed.
    public void describe(Host host) {
        entries.computeIfPresent(host.id(), (_, e) -> new Entry(host, e.client, e.heard, e.report));
    }

    /// Forgets a host that is not registered any more.
    public void remove(HostId id) {
        entries.remove(id);
    }

    /// The watch stream of a host delivered something.
    public void heard(HostId id) {
        var now = clock.instant();
        entries.computeIfPresent(id, (_, e) -> new Entry(e.host, e.client, now, e.report));
    }

    /// A host described itself.
    public void report(HostId id, HostReport report) {
        entries.computeIfPresent(id, (_, e) -> new Entry(e.host, e.client, e.heard, report));
    }

    /// @return empty for a host that is not registered
    public Optional<HostClient> client(HostId id) {
        return Optional.ofNullable(entries.get(id)).map(Entry::client);
    }

    /// @return empty for a host that is not registered
    public Optional<HostView> view(HostId id) {
        return Optional.ofNullable(entries.get(id)).map(this::view);
    }

    /// All hosts, in no order.
    public List<HostView> all() {
        var views = new ArrayList<HostView>();
        for (var entry : entries.values()) views.add(view(entry));
        return views;
    }

    private HostView view(Entry entry) {
        var heard = entry.heard;
        boolean reachable =
                heard != null && Duration.between(heard, clock.instant()).compareTo(SILENCE) <= 0;
        return new HostView(entry.host, reachable, Optional.ofNullable(entry.report));
    }
}
