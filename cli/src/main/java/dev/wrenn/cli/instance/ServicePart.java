package dev.wrenn.cli.instance;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.function.BooleanSupplier;

/// A service of our own: this program again in another process, configured by its environment.
///
/// @param healthy answers within 2 s whether it does its work
record ServicePart(
        Spawner spawner,
        String name,
        List<String> command,
        Map<String, String> environment,
        Path log,
        Duration startLimit,
        Duration stopLimit,
        BooleanSupplier healthy)
        implements Part {
    @Override
    public Running start() throws IOException {
        return spawner.start(command, environment, log);
    }

    @Override
    public boolean isHealthy() {
        return healthy.getAsBoolean();
    }
}
