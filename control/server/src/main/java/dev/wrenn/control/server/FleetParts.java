package dev.wrenn.control.server;

import dev.wrenn.common.runtime.Teardown;
import dev.wrenn.control.api.Hosts;
import dev.wrenn.control.domain.fleet.Fleet;
import dev.wrenn.control.domain.fleet.HostTokens;
import dev.wrenn.control.domain.hosts.Host;
import dev.wrenn.control.hostlink.AgentNames;
import dev.wrenn.control.hostlink.Authority;
import dev.wrenn.control.hostlink.ControlPapers;
import dev.wrenn.control.store.Database;
import dev.wrenn.control.store.PgFleetStore;
import java.net.URI;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Optional;
import org.eclipse.jetty.util.ssl.SslContextFactory;

/// Wires what hosts prove themselves with.
final class FleetParts {
    private static final Duration HOST_CERTIFICATES = Duration.ofDays(7);

    private final boolean tls;
    private final ControlPapers papers;
    private final HostTokens tokens;
    private final Fleet fleet;

    FleetParts(ControlConfig config, Database database) {
        var clock = InstantSource.system();
        var authority =
                config.authority()
                        .map(f ->
                                Authority.open(f.certificate(), f.key(), clock, HOST_CERTIFICATES))
                        .orElseGet(() -> Authority.temporary(clock, HOST_CERTIFICATES));
        tls = config.authority().isPresent();
        papers = new ControlPapers(authority);
        tokens = new HostTokens(config.identity().secret(), clock);
        fleet = new Fleet(new PgFleetStore(database), authority, tokens, new SecureRandom());
    }

    Hosts forApi() {
        return new Hosts(fleet, tokens);
    }

    /// For one client: each starts and stops its own. Empty where hosts are talked to in the clear.
    Optional<SslContextFactory.Client> keys() {
        return tls ? Optional.of(papers.client()) : Optional.empty();
    }

    /// Where the agent of a host is dialled.
    URI dial(Host host) {
        return AgentNames.base(host, tls);
    }

    void startPeriodic(Teardown undo) {
        undo.add(Periodic.start("papers", ControlPapers.PERIOD, papers::renew));
    }
}
