package dev.wrenn.host.network;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.file.Path;

/// One capsule's place in the network; every name and address follows from the index.
///
/// @param index 1..32767, unique on the machine
public record Slot(int index) {
    /// Lowest index.
    public static final int FIRST = 1;

    /// Highest index: its capsule address is 10.11.127.255.
    public static final int LAST = 32767;

    static final String GUEST_IP = "169.254.0.21";
    static final String GATEWAY_IP = "169.254.0.22";
    static final String GUEST_MAC = "02:fc:00:00:00:05";
    static final String TAP_MAC = "02:fc:00:00:00:01";
    static final String TAP = "tap0";

    private static final int CAPSULES = 0x0A0B0000; // 10.11.0.0
    private static final int VETHS = 0x0A0C0000; // 10.12.0.0
    private static final int FIRST_UID = 700_000;
    private static final Path NAMESPACES = Path.of("/run/netns"); // where ip-netns(8) keeps them

    public Slot {
        if (index < FIRST || index > LAST)
            throw new IllegalArgumentException(
                    "slot: " + index + " (expected: " + FIRST + ".." + LAST + ")");
    }

    /// Name of the namespace as ip-netns(8) knows it.
    public String namespace() {
        return "wrenn-ns-" + index;
    }

    /// File that setns(2) takes.
    public Path netnsPath() {
        return NAMESPACES.resolve(namespace());
    }

    /// Name of the veth's end outside the namespace: `wrenn-veth-1`. The kernel takes 15 characters
    /// (IFNAMSIZ less the zero), so from 10000 on the second hyphen is left out.
    public String hostVeth() {
        return (index < 10_000 ? "wrenn-veth-" : "wrenn-veth") + index;
    }

    /// Where the host reaches the guest: 10.11.0.0 + index.
    public InetAddress hostIp() {
        return address(CAPSULES + index);
    }

    /// The guest's own address, the same in every slot.
    public InetAddress guestIp() {
        return parse(GUEST_IP);
    }

    /// MAC address of the guest's `eth0`, the same in every slot.
    public String guestMac() {
        return GUEST_MAC;
    }

    /// User and group id of the VMM in this slot.
    public int vmmUid() {
        return FIRST_UID + index;
    }

    /// What the guest needs on its kernel command line to bring up its network.
    public String kernelArguments() {
        return "wrenn.ip=" + GUEST_IP + " wrenn.mask=255.255.255.252 wrenn.gw=" + GATEWAY_IP;
    }

    /// Address of the veth's end outside: 10.12.0.0 + 2 × index.
    InetAddress outerIp() {
        return address(VETHS + 2 * index);
    }

    /// Address of `eth0` inside: 10.12.0.0 + 2 × index + 1.
    InetAddress innerIp() {
        return address(VETHS + 2 * index + 1);
    }

    private static InetAddress address(int bits) {
        try {
            return InetAddress.getByAddress(
                    new byte[] {
                        (byte) (bits >> 24), (byte) (bits >> 16), (byte) (bits >> 8), (byte) bits
                    });
        } catch (UnknownHostException e) {
            throw new AssertionError(e); // four bytes are always an address
        }
    }

    private static InetAddress parse(String dotted) {
        return InetAddress.ofLiteral(dotted);
    }
}
