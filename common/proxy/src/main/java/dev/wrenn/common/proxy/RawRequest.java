package dev.wrenn.common.proxy;

import java.net.URI;
import org.eclipse.jetty.client.HttpClient;
import org.eclipse.jetty.client.transport.HttpConversation;
import org.eclipse.jetty.client.transport.HttpRequest;
import org.eclipse.jetty.io.EndPoint;
import org.jspecify.annotations.Nullable;

/// A request whose target goes out byte for byte, where the client's own would be taken apart and
/// put together again.
final class RawRequest extends HttpRequest {
    private final String path;
    private final @Nullable String query;

    RawRequest(HttpClient client, URI origin, String target) {
        super(client, new HttpConversation(), origin);
        int mark = target.indexOf('?');
        this.path = mark < 0 ? target : target.substring(0, mark);
        this.query = mark < 0 ? null : target.substring(mark + 1);
    }

    @Override
    public String getPath() {
        return path;
    }

    @Override
    public @Nullable String getQuery() {
        return query;
    }

    /// The connection that the answer came over, once its head was read.
    EndPoint endPoint() {
        if (getConversation().getAttribute(EndPoint.class.getName()) instanceof EndPoint endPoint)
            return endPoint;
        throw new IllegalStateException("an upgrade without a connection");
    }
}
