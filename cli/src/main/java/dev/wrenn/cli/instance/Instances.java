package dev.wrenn.cli.instance;

import dev.wrenn.cli.DataDir;

/// What other commands may ask about instances.
public final class Instances {
    private Instances() {}

    /// True when a supervisor runs in this data directory.
    public static boolean isUp(DataDir data) {
        return InstanceState.ofLiving(data.run()).isPresent();
    }

    /// True when nobody listens on this port on any address.
    public static boolean isPortFree(int port) {
        return Ports.isFree(null, port);
    }
}
