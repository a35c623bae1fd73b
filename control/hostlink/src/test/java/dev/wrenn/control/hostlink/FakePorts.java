package dev.wrenn.control.hostlink;

import dev.wrenn.common.proxy.Forward;
import dev.wrenn.common.proxy.Lanes;
import dev.wrenn.common.proxy.Leg;
import dev.wrenn.common.proxy.ProxyClient;
import dev.wrenn.common.proxy.RawPaths;
import dev.wrenn.common.proxy.Splice;
import java.net.InetSocketAddress;
import java.net.URI;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Predicate;
import java.util.regex.Pattern;
import org.eclipse.jetty.http.HttpFields;
import org.eclipse.jetty.http.HttpHeader;
import org.eclipse.jetty.io.AbstractConnection;
import org.eclipse.jetty.server.Handler;
import org.eclipse.jetty.server.HttpStream;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.Response;
import org.eclipse.jetty.util.Callback;

/// The ports of the fake's guests: those of this machine. Paths in locations and cookies get the
/// prefix, as a real agent's do.
public final class FakePorts extends Handler.Wrapper implements AutoCloseable {
    private static final Pattern LANE = Pattern.compile("/lane/(cl-[^/]+)/(\\d+)");
    private static final Pattern PATH = Pattern.compile("(/proxy/(cl-[^/]+)/(\\d+))(.*)");

    private final Predicate<String> runs;
    private final ProxyClient client =
            ProxyClient.start("fake-guests", Duration.ofSeconds(2), Optional.empty());

    private final AtomicInteger lanes = new AtomicInteger();
    private final AtomicInteger lies = new AtomicInteger();
    private volatile boolean far;
    private volatile int trap;

    FakePorts(Predicate<String> runs) {
        this.runs = runs;
    }

    static void reading(org.eclipse.jetty.server.HttpConfiguration http) {
        http.setRequestHeaderSize(2 * ProxyClient.LARGEST_HEAD);
        RawPaths.accept(http);
    }

    @Override
    public boolean handle(Request request, Response response, Callback done) throws Exception {
        var lane = LANE.matcher(request.getHttpURI().getPathQuery());
        if (lane.matches()) {
            open(lane.group(1), Integer.parseInt(lane.group(2)), request, response, done);
            return true;
        }
        var path = PATH.matcher(request.getHttpURI().getPathQuery());
        if (!path.matches()) return super.handle(request, response, done);
        if (!runs.test(path.group(2))) {
            refuse(response, done, 503, "sandbox is not available");
            return true;
        }
        var port = URI.create("http://127.0.0.1:" + path.group(3));
        var way = new Way(port, path.group(4), path.group(1), response);
        way.forward = Forward.begin(client, request, response, done, way);
        way.forward.send();
        return true;
    }

    private void open(String id, int port, Request request, Response response, Callback done) {
        if (!runs.test(id)) {
            refuse(response, done, 503, "sandbox is not available");
            return;
        }
        var end =
                new Splice.End() {
                    @Override
                    public void refuse(Callback done) {
                        FakePorts.refuse(response, done, 502, "proxy error: nothing listens");
                    }

                    @Override
                    public void over() {
                        lanes.decrementAndGet();
                    }
                };
        if (trap != 0 && request.getHeaders().contains("Wrenn-Lease")) {
            lie(request, response, done);
            return;
        }
        lanes.incrementAndGet();
        new Splice(client, far ? new Far(request) : request, response, done, end)
                .dial(new InetSocketAddress("127.0.0.1", port));
    }

    /// From now on as a host elsewhere, or one here.
    public void far(boolean now) {
        far = now;
    }

    /// From now on who asks where a lane leads is told of that port, by a host that says that it is
    /// where nobody is.
    public void trap(int port) {
        trap = port;
    }

    /// How often that was told.
    public int lies() {
        return lies.get();
    }

    private void lie(Request request, Response response, Callback done) {
        lies.incrementAndGet();
        var endPoint = request.getConnectionMetaData().getConnection().getEndPoint();
        request.setAttribute(
                HttpStream.UPGRADE_CONNECTION_ATTRIBUTE,
                new AbstractConnection(endPoint, Runnable::run) {
                    @Override
                    public void onOpen() {
                        super.onOpen();
                        fillInterested();
                    }

                    @Override
                    public void onFillable() {
                        getEndPoint().close();
                    }
                });
        response.setStatus(101);
        response.getHeaders()
                .put(HttpHeader.CONNECTION, "Upgrade")
                .put(HttpHeader.UPGRADE, Lanes.PROTOCOL)
                .put("Wrenn-Place", "00000000-0000-0000-0000-000000000000 net:[1]")
                .put("Wrenn-Address", "127.0.0.1:" + trap);
        done.succeeded();
    }

    /// A request for a lane that does not ask where it leads.
    private static final class Far extends Request.Wrapper {
        Far(Request request) {
            super(request);
        }

        @Override
        public HttpFields getHeaders() {
            return HttpFields.build(super.getHeaders()).remove("Wrenn-Lease");
        }
    }

    /// How many lanes are open.
    public int lanes() {
        return lanes.get();
    }

    private static void refuse(Response response, Callback done, int status, String text) {
        response.reset();
        response.setStatus(status);
        response.getHeaders().put("X-Wrenn-Proxy-Error", text);
        response.write(true, null, done);
    }

    @Override
    public void close() {
        client.close();
    }

    private static final class Way implements Leg {
        private final URI origin;
        private final String target;
        private final String prefix;
        private final Response response;
        private volatile Forward forward;

        Way(URI origin, String target, String prefix, Response response) {
            this.origin = origin;
            this.target = target;
            this.prefix = prefix;
            this.response = response;
        }

        @Override
        public URI origin() {
            return origin;
        }

        @Override
        public String target() {
            return target;
        }

        @Override
        public Object tag() {
            return Way.class;
        }

        @Override
        public void request(HttpFields.Mutable headers) {}

        @Override
        public boolean response(int status, HttpFields.Mutable headers) {
            var location = headers.get(HttpHeader.LOCATION);
            if (location != null && location.startsWith("/"))
                headers.put(HttpHeader.LOCATION, prefix + location);
            var cookie = headers.get(HttpHeader.SET_COOKIE);
            if (cookie != null)
                headers.put(
                        HttpHeader.SET_COOKIE, cookie.replace("Path=/", "Path=" + prefix + "/"));
            return true;
        }

        @Override
        public Remedy failed(Failure failure, int attempt) {
            return new Remedy.GiveUp();
        }

        @Override
        public void refuse(Failure failure) {
            FakePorts.refuse(response, forward.answered(), 502, "proxy error: " + failure);
        }

        @Override
        public void replace(int status, HttpFields headers) {}

        @Override
        public void over() {}
    }
}
