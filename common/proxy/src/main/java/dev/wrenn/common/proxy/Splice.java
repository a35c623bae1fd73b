package dev.wrenn.common.proxy;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import org.eclipse.jetty.http.HttpHeader;
import org.eclipse.jetty.http.HttpStatus;
import org.eclipse.jetty.io.AbstractConnection;
import org.eclipse.jetty.io.Connection;
import org.eclipse.jetty.io.EndPoint;
import org.eclipse.jetty.server.HttpStream;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.Response;
import org.eclipse.jetty.util.Callback;
import org.eclipse.jetty.util.Promise;
import org.jspecify.annotations.Nullable;

/// The other end of a [lane][Lanes]: a request for one becomes a tunnel of bytes to a server that
/// was dialled for it. Thread-safe.
public final class Splice {
    private final ProxyClient client;
    private final Request request;
    private final Response response;
    private final Callback done;
    private final End end;
    private final AtomicReference<@Nullable Runnable> ending = new AtomicReference<>();
    private final AtomicBoolean over = new AtomicBoolean();
    private volatile @Nullable String cut;

    /// What becomes of it. Methods do not block.
    public interface End {
        /// Nobody took the connection: answers the request.
        ///
        /// @param done of the request
        void refuse(Callback done);

        /// All is over, however it went. Called once.
        void over();
    }

    /// [#dial] begins it.
    public Splice(ProxyClient client, Request request, Response response, Callback done, End end) {
        this.client = client;
        this.request = request;
        this.response = response;
        this.done = done;
        this.end = end;
    }

    /// Whether a request asks for a lane.
    public static boolean wanted(Request request) {
        return Upgrade.of(request).filter(Lanes.PROTOCOL::equals).isPresent();
    }

    /// Dials the server, or tells its address to one who wants to dial it; all else comes by
    /// itself.
    public void dial(InetSocketAddress server) {
        var place = Place.ours();
        if (place.isPresent() && request.getHeaders().contains(Lanes.LEASE)) {
            lease(place.get(), server);
            return;
        }
        Promise<Connection> taken = Promise.from(c -> join(c.getEndPoint()), _ -> refuse());
        Dialler.dial(client, server, Silent::new, taken);
    }

    /// Ends it at once, in whichever state it is.
    public void cut(String why) {
        cut = why;
        var close = ending.get();
        if (close != null) close.run();
    }

    private void refuse() {
        end.refuse(Callback.from(this::end, done));
    }

    private void end() {
        if (over.compareAndSet(false, true)) end.over();
    }

    private void join(EndPoint server) {
        var http = client.http();
        var flow =
                new ByteTunnel(
                        ours(), server, http.getExecutor(), http.getByteBufferPool(), this::end);
        become(flow.client(), flow::close);
    }

    private void lease(String place, InetSocketAddress server) {
        response.getHeaders().put(Place.HEADER, place);
        response.getHeaders().put(Place.ADDRESS, Place.text(server));
        var lease = new Lease(ours(), client.http().getExecutor(), this::end);
        become(
                lease,
                () -> {
                    lease.getEndPoint().close();
                    end(); // it may never have become the connection's
                });
    }

    private EndPoint ours() {
        return request.getConnectionMetaData().getConnection().getEndPoint();
    }

    private void become(Connection connection, Runnable close) {
        ending.set(close);
        response.setStatus(HttpStatus.SWITCHING_PROTOCOLS_101);
        response.getHeaders().put(HttpHeader.CONNECTION, "Upgrade");
        response.getHeaders().put(HttpHeader.UPGRADE, Lanes.PROTOCOL);
        // A client that left before its 101 never takes its side.
        Request.addCompletionListener(
                request,
                cause -> {
                    if (cause != null) close.run();
                });
        request.setAttribute(HttpStream.UPGRADE_CONNECTION_ATTRIBUTE, connection);
        if (cut == null) done.succeeded();
        else done.failed(new IOException(cut));
        if (cut != null) close.run();
    }

    /// Holds the dialled connection until the tunnel takes it.
    private static final class Silent extends AbstractConnection {
        Silent(EndPoint endPoint) {
            super(endPoint, Runnable::run);
        }

        @Override
        public void onFillable() {
            throw new IllegalStateException("nobody asked for bytes");
        }
    }
}
