package dev.wrenn.host.network;

import java.nio.file.Path;

/// Settings of the slot pool.
///
/// @param ready slots kept ready beside those in use, 0..64
/// @param runDir where agents of one machine agree on slots; a tmpfs, gone after a reboot like the
///   slots themselves
public record NetworkConfig(int ready, Path runDir) {
    public NetworkConfig {
        if (ready < 0 || ready > 64)
            throw new IllegalArgumentException("ready slots: " + ready + " (expected: 0..64)");
    }

    /// 24 ready slots, `/run/wrenn`.
    public static NetworkConfig defaults() {
        return new NetworkConfig(24, Path.of("/run/wrenn"));
    }
}
