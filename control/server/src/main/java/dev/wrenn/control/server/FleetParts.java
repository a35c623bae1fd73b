package dev.wrenn.control.server;

import dev.wrenn.common.model.HostId;
import dev.wrenn.common.runtime.Teardown;
import dev.wrenn.control.api.Hosts;
import dev.wrenn.control.domain.capsules.CapsuleStore;
import dev.wrenn.control.domain.capsules.Capsules;
import dev.wrenn.control.domain.capsules.Transitions;
import dev.wrenn.control.domain.cleanup.HostRemoval;
import dev.wrenn.control.domain.fleet.Fleet;
import dev.wrenn.control.domain.fleet.HostTokens;
import dev.wrenn.control.domain.hosts.Host;
import dev.wrenn.control.domain.hosts.HostDirectory;
import dev.wrenn.control.domain.images.TemplateChunks;
import dev.wrenn.control.domain.reconcile.HostMonitor;
import dev.wrenn.control.hostlink.AgentNames;
import dev.wrenn.control.hostlink.Authority;
import dev.wrenn.control.hostlink.ControlPapers;
import dev.wrenn.control.store.Database;
import dev.wrenn.control.store.LeaderLock;
import dev.wrenn.control.store.PgFleetStore;
import java.net.URI;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import org.eclipse.jetty.util.ssl.SslContextFactory;

/// Wires what hosts prove themselves with.
final class FleetParts {
    private final FleetSettings settings;
    private final Database database;
    private final PgFleetStore store;
    private final boolean tls;
    private final ControlPapers papers;
    private final HostTokens tokens;
    private final Fleet fleet;

    FleetParts(ControlConfig config, Database database) {
        var clock = InstantSource.system();
        var life = config.fleet().certificates();
        var authority =
                config.authority()
                        .map(f -> Authority.open(f.certificate(), f.key(), clock, life))
                        .orElseGet(() -> Authority.temporary(clock, life));
        tls = config.authority().isPresent();
        papers = new ControlPapers(authority);
        tokens = new HostTokens(config.identity().secret(), clock);
        this.settings = config.fleet();
        this.database = database;
        store = new PgFleetStore(database);
        fleet = new Fleet(store, authority, tokens, new SecureRandom());
    }

    Hosts forApi(CapsuleStore rows, Capsules capsules, HostDirectory hosts, TemplateChunks chunks) {
        return new Hosts(fleet, new HostRemoval(store, rows, capsules, hosts), tokens, chunks);
    }

    /// A host is there, which may have counted as unreachable.
    void heard(HostId host) {
        store.heard(List.of(host), Duration.ZERO);
    }

    /// For one client: each starts and stops its own. Empty where hosts are talked to in the clear.
    Optional<SslContextFactory.Client> keys() {
        return tls ? Optional.of(papers.client()) : Optional.empty();
    }

    /// Where the agent of a host is dialled.
    URI dial(Host host) {
        return AgentNames.base(host, tls);
    }

    void startPeriodic(
            CapsuleStore capsules, Transitions transitions, HostDirectory hosts, Teardown undo) {
        var monitor = new HostMonitor(store, capsules, transitions, hosts, settings.silence());
        undo.add(Periodic.start("host-listening", monitor.listening(), monitor::listen));
        var lead = undo.add(new LeaderLock(database, "host-monitor"));
        undo.add(
                Periodic.start(
                        "host-monitor",
                        settings.monitor(),
                        () -> {
                            if (lead.held()) monitor.tick();
                        }));
        undo.add(Periodic.start("papers", ControlPapers.PERIOD, papers::renew));
    }
}
