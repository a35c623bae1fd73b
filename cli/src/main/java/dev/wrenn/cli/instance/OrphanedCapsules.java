package dev.wrenn.cli.instance;

import dev.wrenn.cli.DataDir;
import dev.wrenn.cli.pki.Issuer;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Map;

/// Capsules that outlived their supervisor: a host agent is started once more, takes them over and
/// ends them. So there is one way in which capsules end, with one clean-up.
final class OrphanedCapsules {
    private static final Duration TERMINATE = Duration.ofSeconds(60);

    private final DataDir data;
    private final Spawner spawner;

    OrphanedCapsules(DataDir data, Spawner spawner) {
        this.data = data;
        this.spawner = spawner;
    }

    void end() throws Exception {
        var random = new SecureRandom();
        var pki = new Issuer(InstantSource.system(), random).ensure(data.pki());
        var settings =
                Settings.choose(
                        Map.of(),
                        new InetSocketAddress(InetAddress.getLoopbackAddress(), 1), // no API
                        new Secrets(data.secrets(), random),
                        () -> Ports.freeLoopback(random));
        var services = new Services(spawner, data, pki, settings, System.getenv());
        var keeper =
                new Keeper(
                        services.agent(),
                        java.util.List.of(),
                        data.run().resolve("agent.pid"),
                        () -> {});
        keeper.start();
        keeper.release();
        try (var link = new AgentLink(pki, settings.agentPort())) {
            link.terminate(TERMINATE);
            keeper.awaitExit(TERMINATE);
        } finally {
            keeper.stop();
        }
    }
}
