package dev.wrenn.host.network;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.wrenn.common.model.Egress;
import dev.wrenn.common.model.EgressPolicy;
import dev.wrenn.common.model.EgressRule;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Policies with real packets; what arrives is counted where it must not; needs root.
class PolicyContractTest {
    private static final int PORT = World.PORT;
    private static final int OTHER = 8080;
    private static final String PUBLIC = World.PUBLIC;
    private static final InetAddress ANY = InetAddress.ofLiteral("0.0.0.0");

    @TempDir Path owner;
    private World world;

    @BeforeEach
    void build() throws Exception {
        Assumptions.assumeTrue(System.getProperty("user.name").equals("root"), "needs root");
        world = new World(owner);
        world.add(world.fromOutside(() -> new Server(ANY, OTHER)));
    }

    @AfterEach
    void clear() {
        if (world != null) world.close();
    }

    private static EgressPolicy deny(String... rules) {
        return policy(false, 0, 0, rules);
    }

    private static EgressPolicy policy(
            boolean allow, int megabits, int connections, String... rules) {
        var parsed = Stream.of(rules).map(EgressRule::parse).toList();
        return new EgressPolicy(allow, parsed, megabits, connections);
    }

    private void own(EgressPolicy policy) {
        world.slots.apply(world.slot, new Egress(EgressPolicy.OPEN, policy));
    }

    private boolean reaches(int port) throws Exception {
        return !world.guest.inside(() -> Server.unreachable(null, PUBLIC, port));
    }

    @Test
    void theFirstRuleThatFitsDecides() throws Exception {
        var sniffer = world.sniff("ip daddr " + PUBLIC + " tcp dport " + OTHER);
        own(deny("allow 203.0.113.0/24 tcp " + PORT));
        assertThat(reaches(PORT)).isTrue();
        assertThat(reaches(OTHER)).isFalse();
        assertThat(sniffer.packets()).isZero();
        own(policy(true, 0, 0, "deny " + PUBLIC + " tcp 8000-8100"));
        assertThat(reaches(PORT)).isTrue();
        assertThat(reaches(OTHER)).isFalse();
        own(policy(true, 0, 0, "allow " + PUBLIC + " any " + OTHER, "deny 0.0.0.0/0"));
        assertThat(reaches(OTHER)).isTrue();
        assertThat(reaches(PORT)).isFalse();
        assertThat(sniffer.packets()).isPositive();
        own(EgressPolicy.OPEN);
        assertThat(reaches(PORT)).isTrue();
        assertThat(reaches(OTHER)).isTrue();
    }

    @Test
    void aConnectionNeedsTheWordOfBoth() throws Exception {
        var both = new Egress(deny("allow 0.0.0.0/0 tcp " + PORT), deny("allow 0.0.0.0/0"));
        world.slots.apply(world.slot, both);
        assertThat(reaches(PORT)).isTrue();
        assertThat(reaches(OTHER)).isFalse();
        world.slots.apply(world.slot, new Egress(both.own(), both.team()));
        assertThat(reaches(PORT)).isTrue();
        assertThat(reaches(OTHER)).isFalse();
        world.slots.apply(world.slot, new Egress(deny(), both.own()));
        assertThat(reaches(PORT)).isFalse();
    }

    @Test
    void noPolicyOpensWhatThePlatformRefuses() throws Exception {
        own(deny("allow 0.0.0.0/0", "allow 10.0.0.0/8", "allow 169.254.169.254"));
        for (var address : World.REFUSED)
            assertThat(world.guest.inside(() -> Server.unreachable(null, address, PORT)))
                    .as(address)
                    .isTrue();
        var target = world.other.hostIp().getHostAddress();
        try (var _ = world.neighbour.inside(() -> new Server(ANY, PORT))) {
            assertThat(world.guest.inside(() -> Server.unreachable(null, target, PORT))).isTrue();
        }
        assertThat(reaches(PORT)).isTrue();
    }

    /// Bytes come in all the time, and stop coming; the sender outside sees none of the guest's
    /// packets any more.
    @Test
    void openConnectionsAreJudgedAgain() throws Exception {
        try (var server = world.fromOutside(() -> listen(9000));
                var client = world.guest.inside(() -> new Socket(PUBLIC, 9000));
                var peer = server.accept()) {
            Thread.ofPlatform().daemon().start(() -> pour(peer));
            client.setSoTimeout(1000);
            assertThat(client.getInputStream().readNBytes(1 << 20)).hasSize(1 << 20);
            own(deny("allow " + PUBLIC + " tcp 9000"));
            assertThat(client.getInputStream().readNBytes(1 << 20)).hasSize(1 << 20);
            own(deny("allow " + PUBLIC + " tcp 9001"));
            var sniffer = world.sniff("ip daddr " + PUBLIC + " tcp dport 9000");
            assertThatThrownBy(
                            () -> {
                                // what was received before the change is read, then nothing for a
                                // second
                                for (int i = 0; i < 64; i++)
                                    client.getInputStream().readNBytes(1 << 20);
                            })
                    .isInstanceOf(IOException.class)
                    .hasMessageContaining("timed out");
            assertThat(sniffer.packets()).isZero();
            // and back: what was allowed again goes on
            own(EgressPolicy.OPEN);
            client.setSoTimeout(10_000);
            assertThat(client.getInputStream().readNBytes(1 << 16)).hasSize(1 << 16);
        }
    }

    private static ServerSocket listen(int port) throws IOException {
        var server = new ServerSocket();
        server.bind(new InetSocketAddress(ANY, port));
        return server;
    }

    private static void pour(Socket peer) {
        var bytes = new byte[64 << 10];
        try {
            while (true) peer.getOutputStream().write(bytes);
        } catch (IOException e) {
            // closed at the end of the test
        }
    }

    @Test
    void namesLeadIntoTheRules() throws Exception {
        var names =
                world.add(
                        world.fromOutside(() ->
                                new Names(
                                        Map.of(
                                                "www.example.org", PUBLIC,
                                                "inner.example.org", "10.99.0.1",
                                                "www.example.net", PUBLIC))));
        own(deny("allow *.example.org tcp " + PORT));
        assertThat(reaches(PORT)).as("before anybody asked for the name").isFalse();
        // whichever server it asks, its host answers
        assertThat(world.guest.inside(() -> Names.ask("8.8.8.8", "www.example.org")))
                .isEqualTo("NOERROR " + PUBLIC);
        assertThat(reaches(PORT)).isTrue();
        assertThat(reaches(OTHER)).isFalse();
        assertThat(world.guest.inside(() -> Names.ask("1.1.1.1", "inner.example.org")))
                .as("nobody's name leads into a private network")
                .isEqualTo("NOERROR");
        assertThat(names.asked).containsExactly("www.example.org", "inner.example.org");
        assertThat(world.guest.inside(() -> Names.ask("8.8.8.8", "secret.example.net")))
                .isEqualTo("REFUSED");
        assertThat(names.asked).as("nothing is carried out by names").hasSize(2);
        // another policy knows what was learnt; one about other names does not
        own(deny("deny 198.51.100.0/24", "allow www.example.org"));
        assertThat(reaches(OTHER)).isTrue();
        own(deny("allow www.example.net"));
        assertThat(reaches(PORT)).isFalse();
        assertThat(world.guest.inside(() -> Names.ask("8.8.8.8", "www.example.net")))
                .isEqualTo("NOERROR " + PUBLIC);
        assertThat(reaches(PORT)).isTrue();
        // the agent's next life finds the rules as they are
        world.slots.restore(
                world.slot, new Egress(EgressPolicy.OPEN, deny("allow www.example.net")));
        assertThat(reaches(PORT)).isTrue();
    }

    @Test
    void noMoreConnectionsThanAllowed() throws Exception {
        own(policy(true, 0, 5));
        try (var server = world.fromOutside(() -> listen(9000))) {
            assertThat(server.isBound()).isTrue();
            var open = new ArrayList<Socket>();
            try {
                for (int i = 0; i < 8; i++) {
                    var socket = world.guest.inside(() -> tryConnect(9000));
                    if (socket.isConnected()) open.add(socket);
                }
                assertThat(open).hasSize(5);
            } finally {
                for (var socket : open) socket.close();
            }
        }
        assertThat(world.slots.denials(world.slot).crowded()).isPositive();
    }

    private static Socket tryConnect(int port) {
        var socket = new Socket();
        try {
            socket.connect(new InetSocketAddress(PUBLIC, port), 500);
        } catch (IOException e) {
            return new Socket(); // the other is of no use
        }
        return socket;
    }

    @Test
    void whatIsAboveTheRateIsDropped() throws Exception {
        own(policy(true, 1, 0));
        try (var server = world.fromOutside(() -> listen(9000));
                var client = world.guest.inside(() -> new Socket(PUBLIC, 9000));
                var peer = server.accept()) {
            Thread.ofPlatform().daemon().start(() -> pour(peer));
            client.setSoTimeout(10_000);
            assertThat(client.getInputStream().readNBytes(256 << 10)).hasSize(256 << 10);
        }
        var table =
                dev.wrenn.host.linux.Namespaces.call(
                        world.slot.netnsPath(),
                        () ->
                                Nft.run(
                                        "",
                                        "nft",
                                        "list",
                                        "counter",
                                        "inet",
                                        "wrenn_policy",
                                        "throttled"));
        assertThat(table.output()).doesNotContain("packets 0 ");
    }

    @Test
    void whatIsRefusedIsCountedAndSampled() throws Exception {
        assertThat(world.slots.denials(world.slot).total()).isZero();
        own(deny());
        assertThat(reaches(OTHER)).isFalse();
        assertThat(world.guest.inside(() -> Server.unreachable(null, "10.99.0.1", PORT))).isTrue();
        var denials = world.slots.denials(world.slot);
        assertThat(denials.denied()).isPositive();
        assertThat(denials.refused()).isPositive();
        assertThat(denials.flows())
                .isEqualTo(List.of("tcp 10.99.0.1 " + PORT, "tcp " + PUBLIC + " " + OTHER));
    }
}
