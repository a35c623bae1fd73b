package dev.wrenn.control.outgoing;

import static org.assertj.core.api.Assertions.assertThat;

import dev.wrenn.control.domain.channels.Delivered;
import dev.wrenn.control.domain.channels.Provider;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.net.UnknownHostException;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import org.eclipse.jetty.util.ssl.SslContextFactory;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/// Nothing inside is connected to, however it is spelt, named or led to.
class SsrfContractTest {
    /// Addresses that names of the test lead to, each with every spelling that a URL can have.
    private static final List<String> INSIDE =
            List.of(
                    "0.0.0.0",
                    "0.1.2.3",
                    "10.0.0.1",
                    "10.255.255.255",
                    "100.64.0.1",
                    "100.127.255.254",
                    "127.0.0.1",
                    "127.1.2.3",
                    "127.255.255.254",
                    "169.254.0.1",
                    "169.254.169.254",
                    "172.16.0.1",
                    "172.31.255.255",
                    "192.0.0.1",
                    "192.0.2.1",
                    "192.88.99.1",
                    "192.168.0.1",
                    "192.168.255.255",
                    "198.18.0.1",
                    "198.19.255.255",
                    "198.51.100.1",
                    "203.0.113.1",
                    "224.0.0.1",
                    "239.255.255.255",
                    "240.0.0.1",
                    "255.255.255.255",
                    "::",
                    "::1",
                    "::127.0.0.1",
                    "::ffff:127.0.0.1",
                    "::ffff:10.0.0.1",
                    "::ffff:169.254.169.254",
                    "64:ff9b::a00:1",
                    "64:ff9b:1::7f00:1",
                    "100::1",
                    "2001::1",
                    "2001:0:7f00:1::",
                    "2001:db8::1",
                    "2002:7f00:1::",
                    "2002:a9fe:a9fe::",
                    "3fff::1",
                    "5f00::1",
                    "fc00::1",
                    "fd12:3456::1",
                    "fe80::1",
                    "fe80::a9fe:a9fe",
                    "fec0::1",
                    "ff02::1",
                    "ff05::2",
                    "ff0e::1");

    /// Spellings that some resolver takes for an address inside.
    private static final List<String> SPELLINGS =
            List.of(
                    "http://2130706433/",
                    "http://0x7f000001/",
                    "http://0177.0.0.1/",
                    "http://127.1/",
                    "http://127.0.1/",
                    "http://0/",
                    "http://0x7f.1/",
                    "http://127.0.0.1./",
                    "http://[::1%25lo]/",
                    "http://localhost/",
                    "http://LOCALHOST/",
                    "http://localhost.localdomain/",
                    "http://user@127.0.0.1/",
                    "http://127.0.0.1@10.0.0.1/",
                    "http://example.org#@127.0.0.1/",
                    "http://%31%32%37.0.0.1/",
                    "http://①②⑦.⓪.⓪.①/",
                    "file:///etc/passwd",
                    "gopher://127.0.0.1/",
                    "ftp://127.0.0.1/",
                    "http:127.0.0.1",
                    "//127.0.0.1/",
                    "jar:http://127.0.0.1!/");

    private ServerSocket listener;
    private final AtomicInteger connections = new AtomicInteger();
    private Thread acceptor;

    @BeforeEach
    void listen() throws IOException {
        listener = new ServerSocket(0, 50, InetAddress.ofLiteral("0.0.0.0"));
        acceptor =
                Thread.ofVirtual()
                        .start(() -> {
                            try {
                                while (true) {
                                    listener.accept().close();
                                    connections.incrementAndGet();
                                }
                            } catch (IOException e) {
                                // the test is over
                            }
                        });
    }

    @AfterEach
    void close() throws Exception {
        listener.close();
        acceptor.join();
    }

    private static SafeCourier courier(TargetRules rules, TargetRules.Names names) {
        return SafeCourier.start(
                rules,
                names,
                new SslContextFactory.Client(),
                Duration.ofSeconds(3),
                InstantSource.system());
    }

    private static Provider.Request post(String url) {
        return new Provider.Request("POST", URI.create(url), Map.of(), "{}");
    }

    @Test
    void noAddressInsideIsConnectedToByNameOrLiteral() {
        var wrong = new ArrayList<String>();
        for (var address : INSIDE) {
            var literal = address.contains(":") ? "[" + address + "]" : address;
            TargetRules.Names names =
                    host ->
                            host.equals("inside.example")
                                    ? List.of(InetAddress.ofLiteral(address))
                                    : List.of(InetAddress.getAllByName(host));
            try (var courier = courier(TargetRules.of(List.of()), names)) {
                for (var host : List.of("inside.example", literal))
                    for (var scheme : List.of("https", "http")) {
                        var url = scheme + "://" + host + ":" + listener.getLocalPort() + "/";
                        var outcome = courier.deliver(post(url));
                        if (!(outcome instanceof Delivered.Never)) wrong.add(url + " " + outcome);
                    }
            }
        }
        assertThat(wrong).isEmpty();
        assertThat(connections).hasValue(0);
    }

    @Test
    void noSpellingLeadsInside() {
        var wrong = new ArrayList<String>();
        try (var courier = courier(TargetRules.of(List.of()), TargetRules.SYSTEM)) {
            for (var spelling : SPELLINGS)
                for (var text : List.of(spelling, spelling.replaceFirst("^http:", "https:"))) {
                    var port = ":" + listener.getLocalPort() + "/";
                    var url = text.endsWith("/") ? text.replaceFirst("/$", port) : text;
                    URI uri;
                    try {
                        uri = URI.create(url);
                    } catch (IllegalArgumentException e) {
                        continue; // refused when it is saved
                    }
                    var outcome =
                            courier.deliver(new Provider.Request("POST", uri, Map.of(), "{}"));
                    if (outcome instanceof Delivered.Done) wrong.add(url);
                }
        }
        assertThat(wrong).isEmpty();
        assertThat(connections).hasValue(0);
        assertThat(INSIDE.size() + SPELLINGS.size()).isGreaterThanOrEqualTo(60);
    }

    @Test
    void oneAddressInsideAmongOthersIsEnough() {
        TargetRules.Names names =
                _ ->
                        List.of(
                                InetAddress.ofLiteral("93.184.216.34"),
                                InetAddress.ofLiteral("10.0.0.1"));
        try (var courier = courier(TargetRules.of(List.of()), names)) {
            assertThat(courier.deliver(post("https://both.example/")))
                    .isInstanceOf(Delivered.Never.class);
        }
    }

    @Test
    void theSecondLookUpDecidesNothing() {
        // A name that is public when it is checked and inside when it would be dialled.
        var asked = new AtomicInteger();
        TargetRules.Names names =
                _ ->
                        List.of(
                                InetAddress.ofLiteral(
                                        asked.getAndIncrement() == 0 ? "192.0.2.77" : "127.0.0.1"));
        var rules = TargetRules.of(List.of("192.0.2.77"));
        try (var courier = courier(rules, names)) {
            courier.deliver(post("https://rebind.example:" + listener.getLocalPort() + "/"));
            assertThat(asked).as("look-ups of one connection").hasValue(1);
            assertThat(
                            courier.deliver(
                                    post(
                                            "https://rebind.example:"
                                                    + listener.getLocalPort()
                                                    + "/")))
                    .isInstanceOf(Delivered.Never.class);
        }
        assertThat(connections).hasValue(0);
    }

    @Test
    void aRedirectIsAnAnswerAndNotFollowed() {
        try (var receiver = Receiver.start();
                var courier = courier(TargetRules.of(List.of("localhost")), TargetRules.SYSTEM)) {
            for (int status : new int[] {301, 302, 303, 307, 308}) {
                receiver.status = status;
                receiver.headers =
                        Map.of("Location", "http://127.0.0.1:" + listener.getLocalPort() + "/");
                assertThat(courier.deliver(post(receiver.url("/"))))
                        .isInstanceOf(Delivered.Never.class);
            }
            assertThat(receiver.got).hasSize(5);
        }
        assertThat(connections).hasValue(0);
    }

    @Test
    void plainHttpIsForHostsThatTheOperatorNamed() throws UnknownHostException {
        try (var receiver = Receiver.start();
                var courier =
                        courier(TargetRules.of(List.of("127.0.0.1/32")), TargetRules.SYSTEM)) {
            var literal = "http://127.0.0.1:" + receiver.port() + "/";
            assertThat(courier.deliver(post(literal))).isEqualTo(new Delivered.Done(204));
            assertThat(courier.deliver(post("http://example.org/")))
                    .isInstanceOf(Delivered.Never.class);
        }
        var rules = TargetRules.of(List.of("10.1.0.0/16", "fd00::/8"));
        assertThat(rules.allows(InetAddress.ofLiteral("10.1.255.1"))).isTrue();
        assertThat(rules.allows(InetAddress.ofLiteral("10.2.0.1"))).isFalse();
        assertThat(rules.allows(InetAddress.ofLiteral("fd12::1"))).isTrue();
        assertThat(rules.allows(InetAddress.ofLiteral("fc12::1"))).isFalse();
        assertThat(rules.allows(InetAddress.ofLiteral("93.184.216.34"))).isTrue();
        assertThat(rules.allows(InetAddress.ofLiteral("2606:4700::1111"))).isTrue();
    }

    @Test
    void whoNeverAnswersIsGivenUpInTime() throws Exception {
        try (var silent = new ServerSocket(0, 50, InetAddress.ofLiteral("127.0.0.1"));
                var courier = courier(TargetRules.of(List.of("localhost")), TargetRules.SYSTEM)) {
            var outcome = courier.deliver(post("http://localhost:" + silent.getLocalPort() + "/"));
            assertThat(outcome).isInstanceOf(Delivered.Later.class);
            assertThat(((Delivered.Later) outcome).words()).isEqualTo("no answer in time");
        }
    }
}
