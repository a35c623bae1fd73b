package dev.wrenn.host.network;

import dev.wrenn.common.model.EgressRule;
import java.net.InetAddress;
import java.util.List;
import java.util.stream.Stream;

/// Where a capsule may not go.
final class Ranges {
    /// Elements of an nft set: this network, private, shared, loopback, link-local (with the
    /// metadata services of clouds), multicast and reserved. RFC 6890; RFC 1918; RFC 6598.
    static final String REFUSED =
            "0.0.0.0/8, 10.0.0.0/8, 100.64.0.0/10, 127.0.0.0/8, 169.254.0.0/16, 172.16.0.0/12,"
                    + " 192.168.0.0/16, 224.0.0.0/3";

    private static final List<EgressRule.Target.Block> BLOCKS =
            Stream.of(REFUSED.split(", "))
                    .map(EgressRule::target)
                    .map(EgressRule.Target.Block.class::cast)
                    .toList();

    private Ranges() {}

    /// True for an IPv4 address in none of them.
    static boolean isPublic(InetAddress address) {
        var bytes = address.getAddress();
        if (bytes.length != 4) return false;
        int bits = java.nio.ByteBuffer.wrap(bytes).getInt();
        return BLOCKS.stream()
                .noneMatch(block -> (bits ^ block.address()) >>> (32 - block.length()) == 0);
    }
}
