package dev.wrenn.host.guest;

import dev.wrenn.common.connect.ConnectHttp;
import java.time.Duration;
import org.eclipse.jetty.client.HttpClient;
import org.eclipse.jetty.util.component.LifeCycle;

/// The HTTP client that all guests of a host share. Thread-safe.
///
/// Addresses of capsules are used again by later capsules, so each capsule's connections are tagged
/// and kept apart: a connection to a dead guest never serves its successor.
public final class GuestHttp implements AutoCloseable {
    private static final Duration CONNECT_LIMIT = Duration.ofSeconds(5);

    private final HttpClient client = ConnectHttp.client("guest-http", CONNECT_LIMIT);

    HttpClient client() {
        return client;
    }

    /// Closes every connection with this tag; calls in flight fail at once.
    void forget(Object tag) {
        for (var destination : client.getDestinations()) {
            if (destination.getOrigin().getTag() != tag) continue;
            client.removeDestination(destination);
            if (destination instanceof LifeCycle pool) LifeCycle.stop(pool);
        }
    }

    @Override
    public void close() {
        LifeCycle.stop(client);
    }
}
