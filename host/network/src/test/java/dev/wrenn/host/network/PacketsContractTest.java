package dev.wrenn.host.network;

import static org.assertj.core.api.Assertions.assertThat;

import dev.wrenn.host.linux.Command;
import java.net.InetAddress;
import java.net.NetworkInterface;
import java.nio.file.Path;
import java.util.ArrayList;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Real packets through the real rules: two capsules, the host, and a network behind it that has a
/// public address as well as private ones and a metadata service; needs root.
class PacketsContractTest {
    private static final int PORT = World.PORT;
    private static final String PUBLIC = World.PUBLIC;
    private static final String[] REFUSED = World.REFUSED;

    @TempDir Path owner;
    private World world;
    private Slot slot;
    private Slot other;
    private FakeGuest guest;
    private FakeGuest neighbour;

    @BeforeEach
    void build() throws Exception {
        Assumptions.assumeTrue(System.getProperty("user.name").equals("root"), "needs root");
        world = new World(owner);
        slot = world.slot;
        other = world.other;
        guest = world.guest;
        neighbour = world.neighbour;
    }

    @AfterEach
    void clear() {
        if (world != null) world.close();
    }

    @Test
    void theHostReachesEachCapsuleAtItsAddress() throws Exception {
        var any = InetAddress.ofLiteral("0.0.0.0");
        try (var _ = guest.inside(() -> new Server(any, PORT));
                var _ = neighbour.inside(() -> new Server(any, PORT))) {
            // seen from inside, the host is its end of the veth
            assertThat(Server.ask(slot.hostIp().getHostAddress(), PORT))
                    .isEqualTo(slot.outerIp().getHostAddress());
            assertThat(Server.ask(other.hostIp().getHostAddress(), PORT))
                    .isEqualTo(other.outerIp().getHostAddress());
            // nobody else does: not the other capsule, not the network outside
            var target = other.hostIp().getHostAddress();
            assertThat(guest.inside(() -> Server.unreachable(null, target, PORT))).isTrue();
            var inner = other.innerIp().getHostAddress();
            assertThat(guest.inside(() -> Server.unreachable(null, inner, PORT))).isTrue();
            assertThat(world.fromOutside(() -> Server.unreachable(null, target, PORT))).isTrue();
            // and a capsule does not reach itself round the outside
            var own = slot.hostIp().getHostAddress();
            assertThat(guest.inside(() -> Server.unreachable(null, own, PORT))).isTrue();
        }
    }

    @Test
    void aCapsuleReachesPublicAddressesAsTheHost() throws Exception {
        assertThat(guest.inside(() -> Server.ask(PUBLIC, PORT))).isEqualTo("203.0.113.1");
    }

    @Test
    void privateRangesAndMetadataAreRefused() throws Exception {
        for (var address : REFUSED) {
            assertThat(Server.ask(address, PORT)).as("the host reaches " + address).isNotEmpty();
            assertThat(guest.inside(() -> Server.unreachable(null, address, PORT)))
                    .as(address)
                    .isTrue();
        }
    }

    @Test
    void noAddressOfTheHostAnswersACapsule() throws Exception {
        var addresses = new ArrayList<String>();
        for (var link : NetworkInterface.networkInterfaces().toList())
            link.inetAddresses()
                    .filter(address -> address.getAddress().length == 4)
                    .map(InetAddress::getHostAddress)
                    .filter(address -> !address.startsWith("127."))
                    .forEach(addresses::add);
        addresses.add("169.254.0.22"); // the gateway
        assertThat(addresses)
                .contains(slot.outerIp().getHostAddress(), "203.0.113.1")
                .hasSizeGreaterThan(2);
        try (var server = new Server(InetAddress.ofLiteral("0.0.0.0"), 0)) {
            for (var address : addresses)
                assertThat(guest.inside(() -> Server.unreachable(null, address, server.port())))
                        .as(address)
                        .isTrue();
        }
    }

    /// No address is translated for what belongs to no connection, such as a reset that comes late.
    @Test
    void whatBelongsToNoConnectionStaysInside() throws Exception {
        try (var untranslated = new Untranslated()) {
            assertThat(guest.inside(() -> strayTo(PUBLIC)).ok()).isTrue();
            // Frames stay in order: what follows is there, so they were.
            assertThat(guest.inside(() -> Server.ask(PUBLIC, PORT))).isEqualTo("203.0.113.1");
            assertThat(untranslated.said()).contains("packets 0 ");
        }
    }

    @Test
    void theNamespaceTellsTheHostOfNoShorterWay() throws Exception {
        var any = InetAddress.ofLiteral("0.0.0.0");
        var address = slot.hostIp().getHostAddress();
        try (var untranslated = new Untranslated();
                var _ = guest.inside(() -> new Server(any, PORT))) {
            assertThat(strayTo(address).ok()).isTrue();
            assertThat(Server.ask(address, PORT)).isEqualTo(slot.outerIp().getHostAddress());
            assertThat(untranslated.said()).contains("packets 0 ");
        }
    }

    /// Segments of a connection that there is not.
    private static Command.Result strayTo(String address) {
        var script =
                """
                use Socket;
                socket(my $s, AF_INET, SOCK_RAW, 6) or die $!;
                my $to = pack_sockaddr_in(0, inet_aton("%s"));
                for my $flags (4, 16, 17, 18, 20) {
                    send($s, pack("nnNNCCnnn", 4445, 9, 1, 1, 80, $flags, 1024, 0, 0), 0, $to) or die $!;
                }
                """
                        .formatted(address);
        return Nft.run("", "perl", "-e", script);
    }

    /// Counts what comes to the host out of the slot with any other address than the capsule's.
    private final class Untranslated implements AutoCloseable {
        private final String table = "wrenn_test_" + ProcessHandle.current().pid();

        Untranslated() {
            Nft.apply(
                    """
                    table inet %1$s {
                        counter seen { }
                        chain look {
                            type filter hook prerouting priority -300;
                            iifname "%2$s" ip saddr != %3$s counter name seen
                        }
                    }
                    """
                            .formatted(table, slot.hostVeth(), slot.hostIp().getHostAddress()));
        }

        String said() {
            return Nft.run("", "nft", "list", "counter", "inet", table, "seen").output();
        }

        @Override
        public void close() {
            Nft.apply("delete table inet " + table + "\n");
        }
    }

    @Test
    void forgedSourcesGoNowhere() throws Exception {
        guest.ip("addr add 198.51.100.5/32 dev lo\naddr add 169.254.0.23/32 dev lo\n");
        for (var source : new String[] {"198.51.100.5", "169.254.0.23"}) {
            var forged = InetAddress.ofLiteral(source);
            assertThat(guest.inside(() -> Server.unreachable(forged, PUBLIC, PORT))).isTrue();
        }
        // the same with the right source works
        assertThat(guest.inside(() -> Server.ask(PUBLIC, PORT))).isEqualTo("203.0.113.1");
    }
}
