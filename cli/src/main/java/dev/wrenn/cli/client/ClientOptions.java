package dev.wrenn.cli.client;

import dev.wrenn.cli.DataDir;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/// Options that every client command has.
final class ClientOptions {
    @Option(
            names = "--data-dir",
            paramLabel = "DIR",
            description =
                    "Instance whose credentials.json is used (default: .wrenn beside the launcher)."
                            + " WRENN_API_URL and WRENN_API_KEY override it.")
    private @Nullable Path dataDir;

    /// Calls in the session of `wrenn login`.
    Api session() {
        return new Api(SessionFile.of(data()).read());
    }

    DataDir data() {
        return DataDir.of(dataDir, System.getenv());
    }

    Api connect() {
        var env = System.getenv();
        return new Api(Credentials.find(DataDir.of(dataDir, env), env));
    }
}
