package dev.wrenn.control.server;

import dev.wrenn.common.runtime.Env;
import java.time.Duration;

/// How long hosts may be silent, and how long their papers are good.
///
/// @param silence `WRENN_CP_HOST_SILENCE`: after which a host is unreachable
/// @param monitor `WRENN_CP_HOST_MONITOR`: how often that is looked at
/// @param certificates `WRENN_CP_HOST_CERTIFICATES`: how long certificates of hosts are good
public record FleetClocks(Duration silence, Duration monitor, Duration certificates) {
    /// What the contract says.
    public static final FleetClocks DEFAULT =
            new FleetClocks(Duration.ofSeconds(90), Duration.ofSeconds(15), Duration.ofDays(7));

    static FleetClocks of(Env env) {
        return new FleetClocks(
                env.duration("WRENN_CP_HOST_SILENCE", DEFAULT.silence),
                env.duration("WRENN_CP_HOST_MONITOR", DEFAULT.monitor),
                env.duration("WRENN_CP_HOST_CERTIFICATES", DEFAULT.certificates));
    }
}
