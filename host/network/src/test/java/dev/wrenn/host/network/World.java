package dev.wrenn.host.network;

import dev.wrenn.common.runtime.Teardown;
import dev.wrenn.host.linux.Namespaces;
import java.net.InetAddress;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;

/// Two capsules, the host, and a network behind it that has a public address as well as private
/// ones and a metadata service. Needs root.
final class World implements AutoCloseable {
    static final int PORT = 49983;
    static final String PUBLIC = "203.0.113.9"; // TEST-NET-3, RFC 5737
    static final String[] REFUSED = {
        "169.254.169.254", "10.99.0.1", "172.20.0.1", "192.168.77.1", "100.64.0.7"
    };

    private static final NetworkConfig CONFIG =
            new NetworkConfig(
                    0, NetworkConfig.defaults().runDir(), List.of(InetAddress.ofLiteral(PUBLIC)));

    final Slots slots;
    final Slot slot;
    final Slot other;
    final FakeGuest guest;
    final FakeGuest neighbour;
    private final Teardown all = new Teardown();
    private final String outside = "wrenn-out-" + ProcessHandle.current().pid();

    World(Path owner) throws Exception {
        try {
            slots = all.add(Slots.open(CONFIG, owner));
            slot = slots.take();
            all.onClose(() -> slots.release(slot));
            other = slots.take();
            all.onClose(() -> slots.release(other));
            guest = all.add(new FakeGuest(slots, slot));
            neighbour = all.add(new FakeGuest(slots, other));
            makeOutside();
        } catch (Exception | AssertionError e) {
            all.close();
            throw e;
        }
    }

    private void makeOutside() throws Exception {
        FakeGuest.run("", "ip", "netns", "add", outside);
        all.onClose(() -> FakeGuest.run("", "ip", "netns", "del", outside));
        var batch = new StringBuilder("link add wt-out type veth peer name up netns " + outside);
        batch.append("\naddr add 203.0.113.1/24 dev wt-out\nlink set dev wt-out up\n");
        for (var address : REFUSED)
            batch.append("route add ")
                    .append(address)
                    .append("/32 via ")
                    .append(PUBLIC)
                    .append('\n');
        FakeGuest.run(batch.toString(), "ip", "-batch", "-");
        all.onClose(() -> FakeGuest.run("", "ip", "link", "del", "wt-out"));
        var inside = new StringBuilder("link set dev lo up\naddr add " + PUBLIC + "/24 dev up\n");
        for (var address : REFUSED)
            inside.append("addr add ").append(address).append("/32 dev lo\n");
        inside.append("link set dev up up\nroute add default via 203.0.113.1\n");
        FakeGuest.run(inside.toString(), "ip", "-n", outside, "-batch", "-");
        all.add(fromOutside(() -> new Server(InetAddress.ofLiteral("0.0.0.0"), PORT)));
    }

    /// Runs work as a machine outside would.
    <T> T fromOutside(Callable<T> work) throws Exception {
        return Namespaces.call(Path.of("/run/netns", outside), work);
    }

    /// Closes something before what is here.
    <T extends AutoCloseable> T add(T part) {
        return all.add(part);
    }

    /// Counts the packets that arrive outside and fit.
    Sniffer sniff(String match) throws Exception {
        return new Sniffer(match);
    }

    /// A counter of nftables in the namespace outside, before anything there looks at a packet.
    final class Sniffer {
        private final String name;

        private Sniffer(String match) throws Exception {
            name = "sniff_" + Integer.toHexString(match.hashCode());
            nft(
                    "add table inet "
                            + name
                            + "\nadd counter inet "
                            + name
                            + " seen\nadd chain inet "
                            + name
                            + " look { type filter hook prerouting priority -400; }\nadd rule inet "
                            + name
                            + " look "
                            + match
                            + " counter name seen\n");
        }

        long packets() throws Exception {
            var said =
                    fromOutside(() -> Nft.run("", "nft", "list", "counter", "inet", name, "seen"));
            var match = java.util.regex.Pattern.compile("packets (\\d+)").matcher(said.output());
            if (!match.find()) throw new AssertionError(said.output());
            return Long.parseLong(match.group(1));
        }

        private void nft(String ruleset) throws Exception {
            fromOutside(() -> {
                Nft.apply(ruleset);
                return true;
            });
        }
    }

    @Override
    public void close() {
        all.close();
    }
}
