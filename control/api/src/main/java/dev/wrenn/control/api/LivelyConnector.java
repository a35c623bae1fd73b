package dev.wrenn.control.api;

import dev.wrenn.common.proxy.ProxyClient;
import java.io.IOException;
import java.net.Socket;
import java.net.StandardSocketOptions;
import jdk.net.ExtendedSocketOptions;
import org.eclipse.jetty.server.HttpConnectionFactory;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.server.ServerConnector;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// A listener whose silent connections are asked now and then whether their client is still there:
/// a proxied stream or tunnel may be silent for as long as it likes, a vanished machine must not
/// hold it for ever.
final class LivelyConnector extends ServerConnector {
    private static final Logger LOG = LoggerFactory.getLogger(LivelyConnector.class);
    private static final int SILENT_S = 60;
    private static final int BETWEEN_S = 15;
    private static final int TIMES = 4;

    LivelyConnector(Server server, HttpConnectionFactory http) {
        super(server, 1, ProxyClient.selectors(), http);
    }

    @Override
    protected void configure(Socket socket) {
        super.configure(socket);
        try {
            socket.setOption(StandardSocketOptions.SO_KEEPALIVE, true);
            socket.setOption(ExtendedSocketOptions.TCP_KEEPIDLE, SILENT_S);
            socket.setOption(ExtendedSocketOptions.TCP_KEEPINTERVAL, BETWEEN_S);
            socket.setOption(ExtendedSocketOptions.TCP_KEEPCOUNT, TIMES);
        } catch (IOException e) {
            LOG.atDebug().setCause(e).log("connection gone before it was set up");
        }
    }
}
