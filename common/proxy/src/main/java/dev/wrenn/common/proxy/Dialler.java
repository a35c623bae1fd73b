package dev.wrenn.common.proxy;

import java.net.InetSocketAddress;
import java.util.HashMap;
import java.util.Map;
import java.util.function.Function;
import org.eclipse.jetty.client.AbstractConnectorHttpClientTransport;
import org.eclipse.jetty.io.ClientConnectionFactory;
import org.eclipse.jetty.io.ClientConnector;
import org.eclipse.jetty.io.Connection;
import org.eclipse.jetty.io.EndPoint;
import org.eclipse.jetty.io.Transport;
import org.eclipse.jetty.util.Promise;

/// Plain connections of bytes, without HTTP.
final class Dialler {
    private Dialler() {}

    /// Dials a server; does not block.
    ///
    /// @param made what is at our end of the connection, once it is there
    /// @param taken told when it is open, or why it is not
    static void dial(
            ProxyClient client,
            InetSocketAddress server,
            Function<EndPoint, Connection> made,
            Promise<Connection> taken) {
        if (!(client.http().getTransport() instanceof AbstractConnectorHttpClientTransport dialler))
            throw new IllegalStateException("a client without a connector");
        ClientConnectionFactory factory = (endPoint, _) -> made.apply(endPoint);
        Map<String, Object> context = new HashMap<>();
        context.put(Transport.CONTEXT_KEY, Transport.TCP_IP);
        context.put(ClientConnectionFactory.CONTEXT_KEY, factory);
        context.put(ClientConnector.CONNECTION_PROMISE_CONTEXT_KEY, taken);
        dialler.getClientConnector().connect(server, context);
    }
}
