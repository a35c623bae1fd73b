package dev.wrenn.bench;

import java.nio.file.Path;
import java.util.Map;
import org.eclipse.jetty.client.HttpClient;
import org.jspecify.annotations.Nullable;

/// What a benchmark works with. The installation is brought up when it is first asked for: not
/// every benchmark needs one. Closing takes down what was brought up.
final class Place implements AutoCloseable {
    private final Path root;
    private final @Nullable Path dataDir;
    private final HttpClient http;
    private final Progress progress;
    private @Nullable Installation installation;

    /// @param root the checkout
    /// @param dataDir of an installation that runs; null for one of our own
    Place(Path root, @Nullable Path dataDir, HttpClient http, Progress progress) {
        this.root = root;
        this.dataDir = dataDir;
        this.http = http;
        this.progress = progress;
    }

    Path root() {
        return root;
    }

    HttpClient http() {
        return http;
    }

    Progress progress() {
        return progress;
    }

    /// Brought up when first asked for, without VMs that wait for creates.
    Installation installation() {
        if (installation == null) {
            // what is made ahead of demand would disturb the measuring
            installation = Installation.open(root, dataDir, WaitingVms.NONE, progress);
        }
        return installation;
    }

    Api api() {
        return api(installation());
    }

    Api api(Installation of) {
        return new Api(http, of.api(), of.apiKey());
    }

    /// One more installation of our own, with these settings for its services; the caller closes
    /// it.
    Installation another(Map<String, String> settings) {
        return Installation.open(root, null, settings, progress);
    }

    @Override
    public void close() {
        if (installation != null) installation.close();
    }
}
