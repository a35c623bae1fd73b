package dev.wrenn.control.server;

import static org.assertj.core.api.Assertions.assertThat;

import dev.wrenn.common.testing.PostgresFixture;
import dev.wrenn.common.testing.RedisFixture;
import java.io.IOException;
import java.net.ConnectException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/// Two control planes over one database that are restarted one after the other under load.
class RollingRestartContractTest {
    @RegisterExtension static final PostgresFixture POSTGRES = new PostgresFixture();
    @RegisterExtension static final RedisFixture REDIS = new RedisFixture();

    private static final int PER_SECOND = 50;

    private final HttpClient http =
            HttpClient.newBuilder()
                    .version(HttpClient.Version.HTTP_1_1)
                    .connectTimeout(Duration.ofSeconds(5))
                    .build();
    private final Map<Integer, Integer> ports = new ConcurrentHashMap<>();
    private final List<String> failures = new CopyOnWriteArrayList<>();
    private final AtomicInteger served = new AtomicInteger();
    private final AtomicInteger refused = new AtomicInteger();

    @Test
    void noRequestFailsWhenClientsTryTheOtherOne() throws Exception {
        try (var stack = new Stack(POSTGRES, REDIS)) {
            var one = stack.control();
            var two = stack.control();
            ports.put(0, one.port());
            ports.put(1, two.port());
            var id = stack.probe(one).post("/v1/capsules", "{}").id();
            var load = Executors.newSingleThreadScheduledExecutor();
            try (var clients = Executors.newVirtualThreadPerTaskExecutor()) {
                var number = new AtomicInteger();
                load.scheduleAtFixedRate(
                        () -> {
                            int n = number.getAndIncrement();
                            clients.submit(() -> ask(n, stack.key, id));
                        },
                        0,
                        1000 / PER_SECOND,
                        TimeUnit.MILLISECONDS);
                Stack.await(Duration.ofSeconds(30), () -> served.get() > 2 * PER_SECOND);
                one.close();
                one = stack.control();
                ports.put(0, one.port());
                more();
                two.close();
                two = stack.control();
                ports.put(1, two.port());
                more();
                load.shutdown();
            }
            one.close();
            two.close();
        }
        assertThat(failures).isEmpty();
        assertThat(refused.get()).as("both were away for some").isPositive();
    }

    /// Waits until some more requests were served.
    private void more() {
        int before = served.get();
        Stack.await(Duration.ofSeconds(30), () -> served.get() > before + 2 * PER_SECOND);
    }

    /// Reads and writes by turns.
    private void ask(int number, String key, String id) {
        var post = number % 5 == 0;
        for (int attempt = 0; attempt < 2; attempt++) {
            var port = ports.get((number + attempt) % 2);
            var path = "/v1/capsules/" + id + (post ? "/ping" : "");
            var request =
                    HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + path))
                            .timeout(Duration.ofSeconds(20))
                            .header("X-API-Key", key);
            if (post) request.POST(HttpRequest.BodyPublishers.noBody());
            try {
                int status = http.send(request.build(), BodyHandlers.ofString()).statusCode();
                if (status == (post ? 204 : 200)) served.incrementAndGet();
                else failures.add(path + ": " + status);
                return;
            } catch (ConnectException e) {
                refused.incrementAndGet();
                if (attempt == 1) failures.add(path + ": refused by both");
            } catch (IOException e) {
                failures.add(path + ": " + e);
                return;
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                return;
            }
        }
    }
}
