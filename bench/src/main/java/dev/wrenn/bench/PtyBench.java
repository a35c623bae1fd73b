package dev.wrenn.bench;

import java.net.http.HttpClient;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.List;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/// One keystroke and its echo: through WebSocket, control plane and host agent, beside a terminal
/// opened directly at envd in the same capsule. The guest's line discipline echoes.
final class PtyBench implements Bench {
    private static final double MAX_MEDIAN_MS = 2;
    private static final int WARM_UP = 5000;

    // A line is kept short: the discipline takes at most 4096 bytes of one.
    private static final int LINE = 100;

    @Override
    public String name() {
        return "pty";
    }

    @Override
    public int defaultRuns() {
        return 1000;
    }

    @Override
    public List<Measure> run(Place place, int runs) {
        var id = place.api().create();
        try (var client = HttpClient.newHttpClient()) {
            var record = HostRecord.read(place.installation().host(), id);
            try (var envd = new Envd(place.http(), record.hostIp(), record.token());
                    var direct = envd.terminal("cat");
                    var terminal = Terminal.open(place.api(), client, id)) {
                place.progress().say("pty: warm-up");
                measure(terminal, direct, WARM_UP);
                place.progress().say("pty: " + runs + " pairs");
                var times = measure(terminal, direct, runs);
                var ours = new Samples(times[0]);
                var floor = new Samples(times[1]);
                return List.of(
                        Measure.beside("echo_median", ours.median(), floor.median(), "ms"),
                        Measure.beside("echo_p99", ours.p99(), floor.p99(), "ms"),
                        Measure.atMost(
                                "overhead_median",
                                ours.median() - floor.median(),
                                "ms",
                                MAX_MEDIAN_MS));
            }
        } finally {
            place.api().destroy(id);
        }
    }

    private static double[][] measure(Terminal terminal, Envd.Terminal direct, int pairs) {
        var times = new double[2][pairs];
        for (int i = 0; i < pairs; i++) {
            boolean end = i % LINE == LINE - 1;
            byte key = (byte) (end ? '\r' : 'a' + i % 26);
            // cat answers a line with the same line: it must not be taken for the next echo.
            int echo = end ? LINE + 3 : 1;
            boolean odd = i % 2 == 1;
            if (odd) times[1][i] = time(() -> direct.type(key, echo));
            times[0][i] = time(() -> terminal.type(key, echo));
            if (!odd) times[1][i] = time(() -> direct.type(key, echo));
        }
        return times;
    }

    private static double time(Runnable call) {
        long start = System.nanoTime();
        call.run();
        return (System.nanoTime() - start) / 1e6;
    }

    /// A terminal over the public API.
    private record Terminal(LiveSocket socket) implements AutoCloseable {
        static Terminal open(Api api, HttpClient client, String id) {
            var address = api.socket("/v1/capsules/" + id + "/pty");
            var socket = LiveSocket.keeping(client, address, api.key(), BusyStreams.start("cat"));
            var started = socket.next();
            if (!type(started).equals("started")) throw new BenchException("pty: " + started);
            return new Terminal(socket);
        }

        /// Returns when so many bytes came back.
        void type(byte key, int echo) {
            var data = Base64.getEncoder().encodeToString(new byte[] {key});
            socket.send(
                    JsonMapper.shared().createObjectNode().put("type", "input").put("data", data));
            for (int left = echo; left > 0; ) {
                var message = socket.next();
                if (type(message).equals("ping")) continue;
                if (!type(message).equals("output")) throw new BenchException("pty: " + message);
                var text = message.path("data").asString().getBytes(StandardCharsets.US_ASCII);
                left -= Base64.getDecoder().decode(text).length;
            }
        }

        private static String type(JsonNode message) {
            return message.path("type").asString();
        }

        @Override
        public void close() {
            socket.close();
        }
    }
}
