package dev.wrenn.bench;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import tools.jackson.databind.json.JsonMapper;

/// A web server in a capsule through the port proxy, beside Debian's nginx before the same server;
/// and what a thousand idle upgraded connections cost the control plane.
final class ProxyBench implements Bench {
    private static final int PORT = 3000;
    private static final long SPELL_MS = 3000;
    private static final long WARM_UP_MS = 20_000; // until both compilers of two processes are done
    private static final int SINGLE = 300;
    private static final int SOCKETS = 1000;
    private static final double LEAST_RATE = 0.7;
    private static final double MOST_ADDED_MS = 0.5;
    private static final double MOST_KIB = 60;
    // One answer to each head; upgraded connections are held.
    private static final String SERVER =
            """
            import resource, selectors, socket
            hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
            resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
            OK = b"HTTP/1.1 200 OK\\r\\nContent-Type: text/plain\\r\\nContent-Length: 2\\r\\n\\r\\nok"
            UP = (b"HTTP/1.1 101 Switching Protocols\\r\\nConnection: Upgrade\\r\\n"
                  b"Upgrade: websocket\\r\\n\\r\\n")
            listener = socket.socket()
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listener.bind(("0.0.0.0", %d))
            listener.listen(1024)
            ready = selectors.EpollSelector()
            ready.register(listener, selectors.EVENT_READ)
            while True:
                for key, _ in ready.select():
                    if key.fileobj is listener:
                        one = listener.accept()[0]
                        one.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                        ready.register(one, selectors.EVENT_READ)
                        continue
                    one = key.fileobj
                    try:
                        data = one.recv(65536)
                        if data:
                            one.send(UP if b"pgrade: websocket" in data else OK)
                            continue
                    except OSError:
                        pass
                    ready.unregister(one)
                    one.close()
            """
                    .formatted(PORT);

    @Override
    public String name() {
        return "proxy";
    }

    @Override
    public int defaultRuns() {
        return 5;
    }

    @Override
    public List<Measure> run(Place place, int runs) {
        var api = place.api();
        var id = api.create();
        try {
            var guest = HostRecord.read(place.installation().host(), id).hostIp();
            serve(api, id, guest);
            var name = PORT + "-" + id + ".localhost:" + api.address().getPort();
            try (var nginx = Nginx.before(guest, PORT)) {
                var ours = new Way(api.address(), name, "/", "");
                var theirs = new Way(nginx.address(), "localhost", "/", "");
                var direct = new Way(new InetSocketAddress(guest, PORT), "localhost", "/", "");
                place.progress().say("proxy: warm-up");
                for (var way : List.of(ours, theirs)) way.rate(WARM_UP_MS);
                for (int i = 1; i <= runs; i++) {
                    place.progress().say("proxy: round " + i + " of " + runs);
                    var order = i % 2 == 1 ? List.of(ours, theirs) : List.of(theirs, ours);
                    for (var way : order) way.measureRate(SPELL_MS);
                    for (var way : order) way.latencies(SINGLE);
                    direct.latencies(SINGLE);
                }
                var results = new ArrayList<>(results(ours, theirs, direct));
                results.addAll(sockets(place, api.address(), name));
                return results;
            }
        } finally {
            api.destroy(id);
        }
    }

    private static void serve(Api api, String id, String guest) {
        api.background(
                id,
                JsonMapper.shared()
                        .writeValueAsString(
                                Map.of(
                                        "cmd",
                                        "python3",
                                        "args",
                                        List.of("-c", SERVER),
                                        "background",
                                        true)));
        var address = new InetSocketAddress(guest, PORT);
        for (int left = 1000; ; left--) {
            try (var connection = new KeptConnection(address, "localhost", "/", "")) {
                connection.exchange();
                return;
            } catch (IOException e) {
                if (left == 0) throw new UncheckedIOException(e);
                Api.waitABit();
            }
        }
    }

    private static List<Measure> results(Way ours, Way theirs, Way direct) {
        var one = ours.samples();
        var two = theirs.samples();
        return List.of(
                Measure.ratioAtLeast("requests", ours.rate(), theirs.rate(), "1/s", LEAST_RATE),
                Measure.beside("page_median", one.median(), two.median(), "ms"),
                Measure.beside("page_p99", one.p99(), two.p99(), "ms"),
                Measure.of("direct_median", direct.samples().median(), "ms"),
                Measure.atMost("added_median", one.median() - two.median(), "ms", MOST_ADDED_MS));
    }

    private static List<Measure> sockets(Place place, InetSocketAddress address, String name) {
        place.progress().say("proxy: " + SOCKETS + " idle WebSockets");
        var control = new Running(place.installation().pid("control"));
        var open = new ArrayList<KeptConnection>();
        try {
            // The first ones load what the others need as well.
            hold(open, SOCKETS / 20, address, name);
            control.collect();
            double before = control.residentKib();
            hold(open, SOCKETS, address, name);
            control.collect();
            double each = (control.residentKib() - before) / SOCKETS;
            return List.of(Measure.atMost("websocket_memory", each, "KiB", MOST_KIB));
        } catch (IOException e) {
            throw new BenchException("WebSocket " + open.size() + ": " + e.getMessage(), e);
        } finally {
            open.forEach(KeptConnection::close);
        }
    }

    private static void hold(
            List<KeptConnection> open, int count, InetSocketAddress address, String name)
            throws IOException {
        for (int i = 0; i < count; i++) {
            var one =
                    new KeptConnection(
                            address,
                            name,
                            "/",
                            "Connection: Upgrade\r\nUpgrade: websocket\r\n"
                                    + "Sec-WebSocket-Version: 13\r\n"
                                    + "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n");
            open.add(one);
            one.upgrade();
        }
    }
}
