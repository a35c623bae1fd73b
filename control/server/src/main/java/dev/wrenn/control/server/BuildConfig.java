package dev.wrenn.control.server;

import dev.wrenn.common.runtime.Env;
import dev.wrenn.common.runtime.Env.ConfigException;

/// How builds are carried out.
///
/// @param workers builds at once in this process; 0: none
/// @param layerBytes most that the layers of all builds may hold together
public record BuildConfig(int workers, long layerBytes) {
    static final BuildConfig DEFAULT = new BuildConfig(2, 20L << 30);

    private static final int MOST_WORKERS = 64;

    /// @throws ConfigException naming the first variable that is wrong
    static BuildConfig of(Env env) {
        return new BuildConfig(
                env.integer("WRENN_CP_BUILD_WORKERS", DEFAULT.workers(), 0, MOST_WORKERS),
                (long)
                                env.integer(
                                        "WRENN_CP_LAYER_CACHE_MB",
                                        (int) (DEFAULT.layerBytes() >> 20),
                                        0,
                                        Integer.MAX_VALUE)
                        << 20);
    }
}
