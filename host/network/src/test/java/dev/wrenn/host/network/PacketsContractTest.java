package dev.wrenn.host.network;

import static org.assertj.core.api.Assertions.assertThat;

import dev.wrenn.common.runtime.Teardown;
import dev.wrenn.host.linux.Namespaces;
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
    private static final NetworkConfig CONFIG =
            new NetworkConfig(0, NetworkConfig.defaults().runDir());
    private static final int PORT = 49983;
    private static final String PUBLIC = "203.0.113.9"; // TEST-NET-3, RFC 5737
    private static final String[] REFUSED = {
        "169.254.169.254", "10.99.0.1", "172.20.0.1", "192.168.77.1", "100.64.0.7"
    };

    private final Teardown world = new Teardown();
    private final String outside = "wrenn-out-" + ProcessHandle.current().pid();
    @TempDir Path owner;
    private Slots slots;
    private Slot slot;
    private Slot other;
    private FakeGuest guest;
    private FakeGuest neighbour;

    @BeforeEach
    void build() throws Exception {
        Assumptions.assumeTrue(System.getProperty("user.name").equals("root"), "needs root");
        slots = world.add(Slots.open(CONFIG, owner));
        slot = slots.take();
        world.onClose(() -> slots.release(slot));
        other = slots.take();
        world.onClose(() -> slots.release(other));
        guest = world.add(new FakeGuest(slots, slot));
        neighbour = world.add(new FakeGuest(slots, other));
        makeOutside();
    }

    private void makeOutside() throws Exception {
        FakeGuest.run("", "ip", "netns", "add", outside);
        world.onClose(() -> FakeGuest.run("", "ip", "netns", "del", outside));
        var batch = new StringBuilder("link add wt-out type veth peer name up netns " + outside);
        batch.append("\naddr add 203.0.113.1/24 dev wt-out\nlink set dev wt-out up\n");
        for (var address : REFUSED)
            batch.append("route add ")
                    .append(address)
                    .append("/32 via ")
                    .append(PUBLIC)
                    .append('\n');
        FakeGuest.run(batch.toString(), "ip", "-batch", "-");
        world.onClose(() -> FakeGuest.run("", "ip", "link", "del", "wt-out"));
        var inside = new StringBuilder("link set dev lo up\naddr add " + PUBLIC + "/24 dev up\n");
        for (var address : REFUSED)
            inside.append("addr add ").append(address).append("/32 dev lo\n");
        inside.append("link set dev up up\nroute add default via 203.0.113.1\n");
        FakeGuest.run(inside.toString(), "ip", "-n", outside, "-batch", "-");
        world.add(fromOutside(() -> new Server(InetAddress.ofLiteral("0.0.0.0"), PORT)));
    }

    private <T> T fromOutside(java.util.concurrent.Callable<T> work) throws Exception {
        return Namespaces.call(Path.of("/run/netns", outside), work);
    }

    @AfterEach
    void clear() {
        world.close();
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
            assertThat(fromOutside(() -> Server.unreachable(null, target, PORT))).isTrue();
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
