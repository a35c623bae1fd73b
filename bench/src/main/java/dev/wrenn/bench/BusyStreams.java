package dev.wrenn.bench;

import java.net.http.HttpClient;
import java.util.ArrayList;
import java.util.List;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/// Streams of commands that are open while something else is measured: most are quiet, some write 4
/// KiB fifty times a second each.
final class BusyStreams implements AutoCloseable {
    private static final String TALK =
            """
            import sys, time
            while True:
                sys.stdout.write("x" * 4095 + "\\n")
                sys.stdout.flush()
                time.sleep(0.02)
            """;

    private final HttpClient client = HttpClient.newHttpClient();
    private final List<LiveSocket> quiet = new ArrayList<>();
    private final List<LiveSocket> busy = new ArrayList<>();

    private BusyStreams() {}

    static BusyStreams open(Api api, String id, int all, int busy) {
        var streams = new BusyStreams();
        try {
            for (int i = 0; i < all - busy; i++)
                streams.quiet.add(streams.stream(api, id, start("sleep", "infinity")));
            for (int i = 0; i < busy; i++)
                streams.busy.add(streams.stream(api, id, start("python3", "-c", TALK)));
            return streams;
        } catch (RuntimeException e) {
            streams.close();
            throw e;
        }
    }

    private LiveSocket stream(Api api, String id, JsonNode start) {
        return LiveSocket.counting(
                client, api.socket("/v1/capsules/" + id + "/exec/stream"), api.key(), start);
    }

    static JsonNode start(String program, String... arguments) {
        var message = JsonMapper.shared().createObjectNode().put("type", "start");
        message.put("cmd", program);
        var list = message.putArray("args");
        for (var argument : arguments) list.add(argument);
        return message;
    }

    /// Messages of the busy ones so far.
    long messages() {
        return busy.stream().mapToLong(LiveSocket::count).sum();
    }

    @Override
    public void close() {
        quiet.forEach(LiveSocket::close);
        busy.forEach(LiveSocket::close);
        client.close();
    }
}
