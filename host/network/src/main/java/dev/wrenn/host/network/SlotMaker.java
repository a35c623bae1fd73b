package dev.wrenn.host.network;

import dev.wrenn.common.runtime.Teardown;
import dev.wrenn.host.linux.Namespaces;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/// Makes and removes what a slot is made of. Thread-safe for different slots.
final class SlotMaker {
    private static final Path LINKS = Path.of("/sys/class/net");
    private static final int MOST_CONNECTIONS = 4096;
    private static final Path SYSCTL = Path.of("/proc/sys/net");

    private SlotMaker() {}

    /// Everything, or nothing: a failure removes what was made.
    static void make(Slot slot) {
        if (anyPart(slot)) remove(slot); // from a life before this machine's registry was lost
        try (var undo = new Teardown()) {
            undo.onClose(() -> remove(slot));
            Nft.ip(outside(slot));
            Namespaces.call(
                    slot.netnsPath(),
                    () -> {
                        sysctl("ipv4/ip_forward", "1");
                        // A late segment of the host is not translated and goes back where it came
                        // from; nobody is to be told of a shorter way.
                        for (var link : List.of("all", "default", "eth0"))
                            sysctl("ipv4/conf/" + link + "/send_redirects", "0");
                        if (Files.exists(SYSCTL.resolve("ipv6"))) {
                            sysctl("ipv6/conf/all/disable_ipv6", "1");
                            sysctl("ipv6/conf/default/disable_ipv6", "1");
                        }
                        Nft.apply(rules(slot)); // before any interface is up
                        Nft.ip(inside(slot));
                        return true;
                    });
            undo.keep();
        } catch (RuntimeException e) {
            throw e;
        } catch (Exception e) {
            if (e instanceof InterruptedException) Thread.currentThread().interrupt();
            throw new NetworkException("slot " + slot.index() + ": " + e.getMessage(), e);
        }
    }

    /// Removes all parts that are there.
    ///
    /// @throws NetworkException when a part remains
    static void remove(Slot slot) {
        // the link first: a tap that is still open would keep namespace and veth alive
        var batch = "link del " + slot.hostVeth() + "\nnetns del " + slot.namespace() + "\n";
        var result = Nft.run(batch, "ip", "-force", "-batch", "-");
        if (anyPart(slot))
            throw new NetworkException(
                    "slot " + slot.index() + " could not be removed: " + result.output());
    }

    /// True when the slot's outer parts are there.
    static boolean complete(Slot slot) {
        return Files.exists(slot.netnsPath()) && Files.exists(LINKS.resolve(slot.hostVeth()));
    }

    private static boolean anyPart(Slot slot) {
        return Files.exists(slot.netnsPath()) || Files.exists(LINKS.resolve(slot.hostVeth()));
    }

    private static void sysctl(String name, String value) throws IOException {
        Files.writeString(SYSCTL.resolve(name), value); // of the thread's own namespace
    }

    private static String outside(Slot slot) {
        return """
        netns add NS
        link add VETH type veth peer name eth0 netns NS
        link set dev VETH addrgenmode none
        addr add OUTER/31 dev VETH
        link set dev VETH up
        route add CAPSULE/32 via INNER dev VETH
        """
                .replace("NS", slot.namespace())
                .replace("VETH", slot.hostVeth())
                .replace("OUTER", slot.outerIp().getHostAddress())
                .replace("INNER", slot.innerIp().getHostAddress())
                .replace("CAPSULE", slot.hostIp().getHostAddress());
    }

    private static String inside(Slot slot) {
        return """
        link set dev lo up
        addr add INNER/31 dev eth0
        link set dev eth0 up
        route add default via OUTER
        tuntap add tap0 mode tap vnet_hdr
        link set dev tap0 address TAP_MAC txqueuelen 5000
        addr add GATEWAY/30 dev tap0
        link set dev tap0 up
        neigh replace GUEST lladdr GUEST_MAC dev tap0 nud permanent
        """
                .replace("INNER", slot.innerIp().getHostAddress())
                .replace("OUTER", slot.outerIp().getHostAddress())
                .replace("TAP_MAC", Slot.TAP_MAC)
                .replace("GATEWAY", Slot.GATEWAY_IP)
                .replace("GUEST_MAC", Slot.GUEST_MAC)
                .replace("GUEST", Slot.GUEST_IP);
    }

    /// Forged sources are dropped before anything else sees them; nothing in the namespace itself
    /// can be talked to, but a resolver where a policy has one; answers to the host pass the
    /// refusal of private ranges, the guest's own connections do not, however long they have been
    /// open. Their number is limited: those of all capsules share the host's table of connections.
    private static String rules(Slot slot) {
        return """
        table inet wrenn {
            counter refused { }
            set flows { type ipv4_addr . inet_proto . inet_service; flags dynamic,timeout; size 32; timeout 5m; }
            counter crowded { }
            chain sources {
                type filter hook prerouting priority raw; policy accept;
                iifname "tap0" meta nfproto != ipv4 drop
                iifname "tap0" ip saddr != GUEST drop
            }
            chain prerouting {
                type nat hook prerouting priority dstnat; policy accept;
                iifname "eth0" ip daddr CAPSULE dnat ip to GUEST
            }
            chain input {
                type filter hook input priority filter; policy drop;
                jump resolver
            }
            chain resolver { }
            chain forward {
                type filter hook forward priority filter; policy drop;
                iifname "eth0" oifname "tap0" ip daddr GUEST accept
                iifname "tap0" ct state invalid drop
                iifname "tap0" oifname "eth0" ct direction reply accept
                iifname "tap0" oifname "eth0" ip daddr { REFUSED } goto refuse
                iifname "tap0" oifname "eth0" ct state new ct count over CROWD counter name crowded drop
                iifname "tap0" oifname "eth0" accept
            }
            chain refuse {
                counter name refused
                meta l4proto { tcp, udp } update @flows { ip daddr . meta l4proto . th dport }
                drop
            }
            chain postrouting {
                type nat hook postrouting priority srcnat; policy accept;
                oifname "eth0" ip saddr GUEST snat ip to CAPSULE
            }
        }
        """
                .replace("GUEST", Slot.GUEST_IP)
                .replace("CAPSULE", slot.hostIp().getHostAddress())
                .replace("CROWD", Integer.toString(MOST_CONNECTIONS))
                .replace("REFUSED", Ranges.REFUSED);
    }
}
