package dev.wrenn.control.server;

import static org.assertj.core.api.Assertions.assertThat;

import dev.wrenn.common.testing.PostgresFixture;
import dev.wrenn.common.testing.RedisFixture;
import java.io.IOException;
import java.io.InputStream;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.ValueSource;

/// Kept connections to ports of capsules: what goes over them, and when they end; on a host
/// elsewhere, and on one at the control plane's own place.
@ParameterizedClass
@ValueSource(booleans = {false, true})
class PortLanesContractTest {
    @RegisterExtension static final PostgresFixture POSTGRES = new PostgresFixture();
    @RegisterExtension static final RedisFixture REDIS = new RedisFixture();

    private static final Duration SOON = Duration.ofSeconds(20);

    /// Each with what a client sees of it: status, body.
    private static final Map<String, String[]> SHAPES =
            Map.of(
                    "/length",
                            new String[] {"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabc", "abc"},
                    "/chunks",
                            new String[] {
                                "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
                                        + "1\r\na\r\n1;x=y\r\nb\r\n1\r\nc\r\n0\r\nX-T: 1\r\n\r\n",
                                "abc"
                            },
                    "/interim",
                            new String[] {
                                "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n"
                                        + "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabc",
                                "abc"
                            },
                    "/nothing", new String[] {"HTTP/1.1 204 No Content\r\n\r\n", ""},
                    "/same", new String[] {"HTTP/1.1 304 Not Modified\r\nETag: 1\r\n\r\n", ""},
                    "/zero", new String[] {"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", ""},
                    "/spaces",
                            new String[] {
                                "HTTP/1.1 200 OK\r\nContent-Length:   3  \r\nX-Empty:\r\n\r\nabc",
                                "abc"
                            });

    private static Stack stack;
    private static Control control;
    private static ApiProbe api;

    @BeforeAll
    static void start() throws Exception {
        stack = new Stack(POSTGRES, REDIS);
        control = stack.control();
        api = stack.probe(control);
    }

    @AfterAll
    static void stop() throws Exception {
        control.close();
        stack.close();
    }

    PortLanesContractTest(boolean far) {
        stack.agent.ports().far(far);
    }

    private final List<String> made = new ArrayList<>();

    private String create() {
        var id = api.post("/v1/capsules", "{}").id();
        made.add(id);
        return id;
    }

    @AfterEach
    void destroy() { // a team's limit
        for (var id : made) api.call("DELETE", "/v1/capsules/" + id, null);
    }

    private static GuestServer answering(String body) throws IOException {
        return new GuestServer((_, _, out) -> {
            GuestServer.answer(out, "200 OK", "", body);
            return true;
        });
    }

    private static RawClient client() throws IOException {
        return new RawClient(control.port());
    }

    private static String ask(String target, GuestServer guest, String id) {
        return ask("GET", target, guest, id);
    }

    private static String ask(String method, String target, GuestServer guest, String id) {
        return method
                + " "
                + target
                + " HTTP/1.1\r\nHost: "
                + guest.port()
                + "-"
                + id
                + ".x\r\n\r\n";
    }

    private static String target(String head) {
        return head.split(" ", 3)[1];
    }

    @Test
    void requestsOfManyClientsShareAConnection() throws Exception {
        Set<InputStream> connections = ConcurrentHashMap.newKeySet();
        var id = create();
        try (var guest =
                new GuestServer((head, in, out) -> {
                    connections.add(in);
                    GuestServer.answer(out, "200 OK", "", target(head));
                    return true;
                })) {
            for (int i = 0; i < 3; i++)
                try (var client = client()) {
                    for (int j = 0; j < 5; j++)
                        assertThat(client.send(ask("/" + j, guest, id)).answer().body())
                                .isEqualTo("/" + j);
                }
            // one that was used a moment ago may not be free yet
            assertThat(connections).hasSizeBetween(1, 2);
        }
    }

    @Test
    void requestsAtOnceDoNotMix() throws Exception {
        var id = create();
        try (var guest =
                        new GuestServer((head, _, out) -> {
                            GuestServer.answer(out, "200 OK", "", target(head));
                            return true;
                        });
                var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            var all = new ArrayList<Future<?>>();
            for (int i = 0; i < 24; i++) {
                var name = "/" + i + "-";
                all.add(
                        threads.submit(() -> {
                            try (var client = client()) {
                                for (int j = 0; j < 100; j++)
                                    assertThat(
                                                    client.send(ask(name + j, guest, id))
                                                            .answer()
                                                            .body())
                                            .isEqualTo(name + j);
                            }
                            return true;
                        }));
            }
            for (var one : all) one.get();
        }
    }

    @Test
    void answersOfEveryShapeComeWhole() throws Exception {
        var id = create();
        try (var guest =
                        new GuestServer((head, _, out) -> {
                            GuestServer.write(out, SHAPES.get(target(head))[0]);
                            return true;
                        });
                var client = client()) {
            for (int round = 0; round < 3; round++)
                for (var shape : SHAPES.entrySet()) {
                    client.send(ask(shape.getKey(), guest, id));
                    var head = client.head();
                    assertThat(head.head())
                            .as(shape.getKey())
                            .startsWith(status(shape.getValue()[0]));
                    assertThat(body(client, head))
                            .as(shape.getKey())
                            .isEqualTo(shape.getValue()[1]);
                }
        }
    }

    private static String status(String answer) {
        var last = answer.substring(answer.lastIndexOf("HTTP/1.1 "));
        return last.substring(0, 12);
    }

    private static String body(RawClient client, RawClient.Answer head) throws IOException {
        if (head.header("Transfer-Encoding").isEmpty()) {
            int length = head.header("Content-Length").map(Integer::parseInt).orElse(0);
            return new String(client.in().readNBytes(length));
        }
        var body = new StringBuilder();
        while (true) {
            int size = Integer.parseInt(line(client), 16);
            body.append(new String(client.in().readNBytes(size)));
            line(client);
            if (size == 0) return body.toString();
        }
    }

    private static String line(RawClient client) throws IOException {
        var line = new StringBuilder();
        while (line.indexOf("\r\n") < 0) {
            int next = client.in().read();
            if (next < 0) throw new IOException("the connection ended");
            line.append((char) next);
        }
        return line.substring(0, line.length() - 2);
    }

    @Test
    void aHeadHasNoBody() throws Exception {
        var id = create();
        try (var guest =
                        new GuestServer((head, _, out) -> {
                            if (head.startsWith("HEAD"))
                                GuestServer.write(
                                        out, "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n");
                            else GuestServer.answer(out, "200 OK", "", "whole");
                            return true;
                        });
                var client = client()) {
            for (int i = 0; i < 2; i++) {
                client.send(ask("HEAD", "/", guest, id));
                assertThat(client.head().header("Content-Length")).hasValue("9");
                assertThat(client.send(ask("/", guest, id)).answer().body()).isEqualTo("whole");
            }
        }
    }

    @Test
    void anAnswerThatEndsWithItsConnectionIsWhole() throws Exception {
        var id = create();
        for (var start :
                new String[] {
                    "HTTP/1.1 200 OK\r\n\r\n",
                    "HTTP/1.0 200 OK\r\n\r\n",
                    "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n"
                })
            try (var guest =
                            new GuestServer((_, _, out) -> {
                                GuestServer.write(out, start + "all of it");
                                return false;
                            });
                    var client = client()) {
                for (int i = 0; i < 3; i++) {
                    var head = client.send(ask("/", guest, id)).head();
                    assertThat(body(client, head)).as(start).isEqualTo("all of it");
                }
            }
    }

    @Test
    void aServerThatEndsConnectionsIsAskedAgain() throws Exception {
        var id = create();
        var asked = new AtomicInteger();
        try (var guest =
                        new GuestServer((_, _, out) -> {
                            // every second one is closed without an answer
                            if (asked.incrementAndGet() % 2 == 0) return false;
                            GuestServer.answer(out, "200 OK", "", "here");
                            return true;
                        });
                var client = client()) {
            for (int i = 0; i < 6; i++)
                assertThat(client.send(ask("/", guest, id)).answer().body()).isEqualTo("here");
            Stack.await(SOON, () -> stack.agent.ports().lanes() == 0);
        }
    }

    @Test
    void whatMayNotBeAskedTwiceIsNot() throws Exception {
        var id = create();
        var asked = new AtomicInteger();
        try (var guest =
                        new GuestServer((_, _, _) -> {
                            asked.incrementAndGet();
                            return false;
                        });
                var client = client()) {
            assertThat(client.send(ask("DELETE", "/", guest, id)).answer().status()).isEqualTo(502);
            assertThat(asked).hasValue(1);
        }
    }

    @Test
    void whatIsNotAnAnswerIsNotPassedOn() throws Exception {
        var id = create();
        for (var wrong :
                new String[] {
                    "SSH-2.0-x\r\n\r\n",
                    "HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: Upgrade\r\n\r\n",
                    "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
                    "HTTP/1.1 200 OK\r\nX: " + "a".repeat(40_000) + "\r\n\r\n"
                })
            try (var guest =
                            new GuestServer((_, _, out) -> {
                                GuestServer.write(out, wrong);
                                return false;
                            });
                    var client = client()) {
                assertThat(client.send(ask("/", guest, id)).answer().status())
                        .as(wrong.substring(0, 9))
                        .isEqualTo(502);
            }
    }

    @Test
    void moreThanAnAnswerIsNobodys() throws Exception {
        var id = create();
        try (var guest =
                        new GuestServer((head, _, out) -> {
                            var answer = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n";
                            GuestServer.write(out, answer + target(head) + answer + "no");
                            return true;
                        });
                var client = client()) {
            for (int i = 0; i < 5; i++)
                assertThat(client.send(ask("/" + i, guest, id)).answer().body()).isEqualTo("/" + i);
        }
    }

    @Test
    void aConnectionServesWhateverComesOverIt() throws Exception {
        var id = create();
        try (var guest =
                        new GuestServer((head, in, out) -> {
                            int length = head.contains("Content-Length: 4") ? 4 : 0;
                            var body = new String(in.readNBytes(length));
                            GuestServer.answer(out, "200 OK", "", target(head) + body);
                            return true;
                        });
                var client = client()) {
            for (int i = 0; i < 3; i++) {
                assertThat(client.send(ask("/1", guest, id)).answer().body()).isEqualTo("/1");
                var health = "GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n";
                assertThat(client.send(health).answer().status()).isEqualTo(200);
                var missing = "GET /v1/nothing HTTP/1.1\r\nHost: localhost\r\n\r\n";
                assertThat(client.send(ask("/2", guest, id)).answer().body()).isEqualTo("/2");
                assertThat(client.send(missing).answer().status()).isEqualTo(404);
                var upload =
                        ask("POST", "/3", guest, id)
                                .replace("\r\n\r\n", "\r\nContent-Length: 4\r\n\r\nbody");
                assertThat(client.send(upload).answer().body()).isEqualTo("/3body");
                client.send(ask("/4", guest, id) + ask("/5", guest, id)); // at once
                assertThat(client.answer().body()).isEqualTo("/4");
                assertThat(client.answer().body()).isEqualTo("/5");
                assertThat(client.send(ask("/6", guest, id)).answer().body()).isEqualTo("/6");
                assertThat(client.send(ask("/a%20b", guest, id)).answer().body())
                        .isEqualTo("/a%20b");
            }
        }
    }

    @Test
    void addressesInsideAreNotTold() throws Exception {
        var id = create();
        try (var guest =
                        new GuestServer((head, _, out) -> {
                            var port = head.split("\r\nHost: ", 2)[1].split("-", 2)[0];
                            var where =
                                    switch (target(head)) {
                                        case "/same" -> "http://127.0.0.1:" + port + "/x?y=1";
                                        case "/root" -> "http://169.254.0.21:" + port;
                                        case "/other" -> "http://127.0.0.1:1/x";
                                        case "/path" -> "/proxy/cl-x/80/x";
                                        default -> "https://example.org/x";
                                    };
                            GuestServer.answer(
                                    out,
                                    "302 Found",
                                    "Location: "
                                            + where
                                            + "\r\nX-Wrenn-Proxy-Error: no\r\n"
                                            + "Set-Cookie: wrenn_session=1\r\n"
                                            + "Set-Cookie: a=1; Path=/proxy/x; Domain=x\r\n",
                                    "");
                            return true;
                        });
                var client = client()) {
            var wanted =
                    Map.of(
                            "/same", "/x?y=1",
                            "/root", "/",
                            "/other", "http://127.0.0.1:1/x",
                            "/path", "/proxy/cl-x/80/x",
                            "/out", "https://example.org/x");
            for (var one : wanted.entrySet()) {
                var answer = client.send(ask(one.getKey(), guest, id)).answer();
                assertThat(answer.header("Location")).hasValue(one.getValue());
                assertThat(answer.header("Set-Cookie")).hasValue("a=1; Path=/proxy/x");
                assertThat(answer.head()).doesNotContain("wrenn", "Wrenn");
            }
        }
    }

    @Test
    void lanesEndWhenNobodyUsesThem() throws Exception {
        var id = create();
        try (var guest = answering("");
                var client = client()) {
            for (int i = 0; i < 3; i++) {
                assertThat(client.send(ask("/", guest, id)).answer().status()).isEqualTo(200);
                assertThat(stack.agent.ports().lanes()).isPositive();
                Stack.await(SOON, () -> stack.agent.ports().lanes() == 0);
            }
        }
    }

    /// Fault: a host tells an address to dial, and is not where the control plane is.
    @Test
    void anAddressFromElsewhereIsNotDialled() throws Exception {
        var id = create();
        var trapped = new AtomicInteger();
        var before = stack.agent.ports().lies();
        try (var trap = new GuestServer((_, _, _) -> trapped.incrementAndGet() < 0);
                var first = answering("here");
                var second = answering("here");
                var other = stack.control();
                var client = new RawClient(other.port())) {
            stack.agent.ports().trap(trap.port());
            for (var guest : List.of(first, second, first))
                assertThat(client.send(ask("/", guest, id)).answer().body()).isEqualTo("here");
            assertThat(stack.agent.ports().lies()).isEqualTo(before + 1); // not asked again
            assertThat(trapped).hasValue(0);
        } finally {
            stack.agent.ports().trap(0);
        }
    }

    @Test
    void aLaneInUseEndsAfterAChange() throws Exception {
        var id = create();
        var more = new java.util.concurrent.CountDownLatch(1);
        var last = new AtomicInteger();
        try (var guest =
                        new GuestServer((head, in, out) -> {
                            GuestServer.write(out, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\na");
                            try {
                                more.await();
                            } catch (InterruptedException e) {
                                throw new IOException(e);
                            }
                            GuestServer.write(out, "b");
                            last.set(in.read());
                            return false;
                        });
                var client = client()) {
            client.send(ask("/", guest, id));
            assertThat(client.head().status()).isEqualTo(200);
            last.set(1);
            api.call("PATCH", "/v1/capsules/" + id + "/proxy", "{\"auto_resume\":true}");
            more.countDown();
            assertThat(new String(client.in().readNBytes(2))).isEqualTo("ab");
            Stack.await(SOON, () -> last.get() == -1);
        }
    }

    @Test
    void whatAnotherControlPlaneChangesCounts() throws Exception {
        var id = create();
        try (var guest = answering("");
                var other = stack.control();
                var client = client()) {
            var change = stack.probe(other);
            for (int i = 0; i < 3; i++) {
                assertThat(client.send(ask("/", guest, id)).answer().status()).isEqualTo(200);
                change.call("PATCH", "/v1/capsules/" + id + "/proxy", "{\"access\":\"private\"}");
                Stack.await(SOON, () -> status(client, ask("/", guest, id)) == 401);
                change.call("PATCH", "/v1/capsules/" + id + "/proxy", "{\"access\":\"public\"}");
                Stack.await(SOON, () -> status(client, ask("/", guest, id)) == 200);
            }
        }
    }

    private static int status(RawClient client, String request) {
        try {
            return client.send(request).answer().status();
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }
}
