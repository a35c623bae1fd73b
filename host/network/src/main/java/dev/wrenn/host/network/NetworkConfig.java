package dev.wrenn.host.network;

import java.net.InetAddress;
import java.nio.file.Path;
import java.util.List;

/// Settings of the slot pool.
///
/// @param ready slots kept ready beside those in use, 0..64
/// @param runDir where agents of one machine agree on slots; a tmpfs, gone after a reboot like the
///   slots themselves
/// @param servers that the names are asked of which policies have rules about
public record NetworkConfig(int ready, Path runDir, List<InetAddress> servers) {
    private static final List<InetAddress> PUBLIC_SERVERS =
            List.of(InetAddress.ofLiteral("8.8.8.8"), InetAddress.ofLiteral("8.8.4.4"));

    /// Where the agents of a machine agree.
    public static final Path RUN_DIR = Path.of("/run/wrenn");

    public NetworkConfig {
        servers = List.copyOf(servers);
        if (ready < 0 || ready > 64)
            throw new IllegalArgumentException("ready slots: " + ready + " (expected: 0..64)");
    }

    /// The same with public name servers.
    public NetworkConfig(int ready, Path runDir) {
        this(ready, runDir, PUBLIC_SERVERS);
    }

    /// 24 ready slots, `/run/wrenn`, public name servers.
    public static NetworkConfig defaults() {
        return new NetworkConfig(24, RUN_DIR);
    }
}
