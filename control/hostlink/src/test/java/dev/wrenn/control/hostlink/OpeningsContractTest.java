package dev.wrenn.control.hostlink;

import static org.assertj.core.api.Assertions.assertThat;

import dev.wrenn.common.model.HostId;
import dev.wrenn.control.domain.hosts.Host;
import dev.wrenn.control.domain.hosts.HostDirectory;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/// Many hosts are not dialled at the same moment, and those that do not answer hold nobody up.
class OpeningsContractTest {
    private static final int HOSTS = 40;
    private static final int AT_ONCE = 4;
    private static final Duration LIMIT = Duration.ofSeconds(30);
    private static final Duration LONG = Duration.ofMinutes(5);

    /// Without a limit all are there by then.
    private static final Duration WHILE = Duration.ofMillis(500);

    /// Takes connections of many hosts, each at an address of its own, and answers none.
    private static final class FakeHosts implements AutoCloseable {
        final ServerSocket listener = new ServerSocket(0, 200, InetAddress.ofLiteral("0.0.0.0"));
        final Set<InetAddress> seen = ConcurrentHashMap.newKeySet();
        final CountDownLatch full = new CountDownLatch(AT_ONCE);
        final CountDownLatch overfull = new CountDownLatch(AT_ONCE + 1);
        final CountDownLatch all = new CountDownLatch(HOSTS);
        final CountDownLatch letGo = new CountDownLatch(1);

        FakeHosts() throws IOException {
            Thread.ofVirtual().start(this::accept);
        }

        List<Host> hosts() {
            return IntStream.rangeClosed(1, HOSTS)
                    .mapToObj(i ->
                            new Host(
                                    HostId.random(),
                                    "127.0.9." + i + ":" + listener.getLocalPort()))
                    .toList();
        }

        private void accept() {
            try {
                while (true) {
                    var socket = listener.accept();
                    full.countDown();
                    overfull.countDown();
                    if (seen.add(socket.getLocalAddress())) all.countDown();
                    Thread.ofVirtual().start(() -> hold(socket));
                }
            } catch (IOException e) {
                // closed
            }
        }

        private void hold(Socket socket) {
            try (socket) {
                letGo.await();
            } catch (IOException | InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }

        @Override
        public void close() throws IOException {
            letGo.countDown();
            listener.close();
        }
    }

    private static HostLinks links(FakeHosts fakes, Openings openings) {
        var hosts = fakes.hosts();
        var links =
                new HostLinks(
                        () -> hosts,
                        new HostDirectory(InstantSource.system()),
                        new FakeEvents(),
                        Optional.empty(),
                        openings);
        links.refresh();
        return links;
    }

    private static boolean await(CountDownLatch latch, Duration limit) throws InterruptedException {
        return latch.await(limit.toMillis(), TimeUnit.MILLISECONDS);
    }

    @Test
    void aFewAreDialledAtOnceAndAllInTurn() throws Exception {
        try (var fakes = new FakeHosts();
                var _ = links(fakes, new Openings(AT_ONCE, LONG))) {
            assertThat(await(fakes.full, LIMIT)).isTrue();
            assertThat(await(fakes.overfull, WHILE)).as("more than %s", AT_ONCE).isFalse();
            fakes.letGo.countDown();
            assertThat(await(fakes.all, LIMIT)).as("all dialled").isTrue();
        }
    }

    /// Not by connections: for one that was closed the HTTP client may open another by itself.
    @Test
    void neverMoreHaveATurnThanMay() throws Exception {
        var openings = new Openings(AT_ONCE, LONG);
        var now = new AtomicInteger();
        var most = new AtomicInteger();
        try (var links = Executors.newVirtualThreadPerTaskExecutor()) {
            for (int i = 0; i < HOSTS * 50; i++)
                links.submit(() -> {
                    try (var turn = openings.take()) {
                        most.accumulateAndGet(now.incrementAndGet(), Math::max);
                        Thread.yield();
                        now.decrementAndGet();
                        turn.close(); // and once more at the end of the block
                    }
                });
        }
        assertThat(most).hasValueLessThanOrEqualTo(AT_ONCE);
        assertThat(now).hasValue(0);
    }

    @Test
    void hostsThatDoNotAnswerHoldNobodyUp() throws Exception {
        try (var fakes = new FakeHosts();
                var _ = links(fakes, new Openings(AT_ONCE, Duration.ofMillis(20)))) {
            assertThat(await(fakes.all, LIMIT)).as("all dialled, none answers").isTrue();
            assertThat(fakes.letGo.getCount()).isEqualTo(1);
        }
    }
}
