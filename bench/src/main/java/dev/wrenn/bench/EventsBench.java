package dev.wrenn.bench;

import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;

/// Events from the moment they are committed until the last channel has heard of the last one; and
/// what an event adds to the transaction of the change that caused it.
final class EventsBench implements Bench {
    private static final double LEAST_RATE = 500; // deliveries per second
    private static final double MOST_APPEND_MS = 1;
    private static final int CHANNELS = 4;
    private static final int EVENTS = 1000; // that events.sql commits
    private static final int WARM_UP = 2; // rounds
    private static final long LIMIT_SECONDS = 300;
    private static final String COMMIT = Sql.text("events.sql");
    private static final String APPEND = Sql.text("append.sql");

    @Override
    public String name() {
        return "events";
    }

    @Override
    public int defaultRuns() {
        return 5;
    }

    @Override
    public List<Measure> run(Place place, int runs) {
        var settings = new HashMap<>(WaitingVms.NONE);
        settings.put("WRENN_CP_OUTGOING_ALLOW", "localhost");
        try (var receiver = new Receiver();
                var installation = place.another(Map.copyOf(settings))) {
            var sql = new Sql(installation);
            var api = place.api(installation);
            var token = installation.token(api);
            for (int i = 0; i < CHANNELS; i++)
                api.webhook(token, "bench-" + i, receiver.uri(i), "capsule.created");
            var rates = new ArrayList<Double>();
            for (int i = 1 - WARM_UP; i <= runs; i++) {
                place.progress().say("events: round " + i + " of " + runs);
                double one = deliveries(sql, receiver);
                if (i > 0) rates.add(one);
            }
            place.progress().say("events: the cost of an append");
            var medians = sql.run(APPEND).strip().split("\\|");
            double change = Double.parseDouble(medians[0]);
            double whole = Double.parseDouble(medians[1]);
            double rate = new Samples(rates.stream().mapToDouble(r -> r).toArray()).median();
            return List.of(
                    Measure.atLeast("deliveries", rate, "1/s", LEAST_RATE),
                    Measure.beside("change_with_event", whole, change, "ms"),
                    Measure.atMost("append_adds", whole - change, "ms", MOST_APPEND_MS));
        } catch (IOException e) {
            throw new BenchException("events: " + e.getMessage(), e);
        }
    }

    private static double deliveries(Sql sql, Receiver receiver) {
        var all = receiver.expect(EVENTS * CHANNELS);
        long start = System.nanoTime();
        sql.run(COMMIT);
        await(all);
        return EVENTS * CHANNELS / ((System.nanoTime() - start) / 1e9);
    }

    private static void await(CountDownLatch all) {
        try {
            if (!all.await(LIMIT_SECONDS, TimeUnit.SECONDS))
                throw new BenchException(all.getCount() + " deliveries are missing");
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new BenchException("interrupted while waiting for deliveries", e);
        }
    }

    /// Takes what is delivered and counts it.
    private static final class Receiver implements AutoCloseable {
        private final HttpServer server;
        private volatile CountDownLatch left = new CountDownLatch(0);

        Receiver() throws IOException {
            server =
                    HttpServer.create(
                            new InetSocketAddress(InetAddress.ofLiteral("127.0.0.1"), 0), 0);
            server.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
            server.createContext(
                    "/",
                    exchange -> {
                        exchange.getRequestBody().readAllBytes();
                        exchange.sendResponseHeaders(204, -1);
                        exchange.close();
                        left.countDown();
                    });
            server.start();
        }

        URI uri(int channel) {
            int port = server.getAddress().getPort();
            return URI.create("http://localhost:" + port + "/" + channel);
        }

        CountDownLatch expect(int deliveries) {
            left = new CountDownLatch(deliveries);
            return left;
        }

        @Override
        public void close() {
            server.stop(0);
        }
    }
}
