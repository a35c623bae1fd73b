package dev.wrenn.control.server;

import dev.wrenn.common.runtime.Env;
import java.time.Duration;

/// How hosts are watched and chosen, and how long their papers are good.
///
/// @param silence `WRENN_CP_HOST_SILENCE`: after which a host is unreachable
/// @param monitor `WRENN_CP_HOST_MONITOR`: how often that is looked at
/// @param certificates `WRENN_CP_HOST_CERTIFICATES`: how long certificates of hosts are good
/// @param placement `WRENN_CP_PLACEMENT`: `roomiest` or `round-robin`
public record FleetSettings(
        Duration silence, Duration monitor, Duration certificates, Strategy placement) {
    /// Which host a capsule goes to.
    public enum Strategy {
        /// See [dev.wrenn.control.domain.hosts.Roomiest].
        ROOMIEST,
        /// See [dev.wrenn.control.domain.hosts.RoundRobin].
        ROUND_ROBIN
    }

    /// What the contract says.
    public static final FleetSettings DEFAULT =
            new FleetSettings(
                    Duration.ofSeconds(90),
                    Duration.ofSeconds(15),
                    Duration.ofDays(7),
                    Strategy.ROOMIEST);

    static FleetSettings of(Env env) {
        return new FleetSettings(
                env.duration("WRENN_CP_HOST_SILENCE", DEFAULT.silence),
                env.duration("WRENN_CP_HOST_MONITOR", DEFAULT.monitor),
                env.duration("WRENN_CP_HOST_CERTIFICATES", DEFAULT.certificates),
                placement(env.text("WRENN_CP_PLACEMENT", "roomiest")));
    }

    private static Strategy placement(String word) {
        return switch (word) {
            case "roomiest" -> Strategy.ROOMIEST;
            case "round-robin" -> Strategy.ROUND_ROBIN;
            default ->
                    throw new Env.ConfigException(
                            "WRENN_CP_PLACEMENT: " + word + " (expected: roomiest or round-robin)");
        };
    }
}
