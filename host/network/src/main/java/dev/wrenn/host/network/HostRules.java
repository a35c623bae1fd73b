package dev.wrenn.host.network;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The host's part of the rules: one table for all capsules of all agents, and forwarding switched
/// on. Call under the lock of the [Registry]; agents of this machine share both.
final class HostRules {
    private static final Logger LOG = LoggerFactory.getLogger(HostRules.class);

    private static final Path FORWARDING = Path.of("/proc/sys/net/ipv4/ip_forward");

    private static final String CHAINS =
            """
            chain input {
                type filter hook input priority filter; policy accept;
                iifname "wrenn-veth*" ct state established,related accept
                iifname "wrenn-veth*" drop
            }
            chain forward {
                type filter hook forward priority filter; policy accept;
                iifname "wrenn-veth*" jump egress
                oifname "wrenn-veth*" ct state established,related accept
                oifname "wrenn-veth*" drop
            }
            chain egress {
                meta nfproto ipv6 drop
                oifname "wrenn-veth*" drop
                ip saddr != 10.11.0.0/16 drop
                ip daddr { REFUSED } drop
            }
            chain postrouting {
                type nat hook postrouting priority srcnat; policy accept;
                ip saddr 10.11.0.0/16 oifname != "wrenn-veth*" masquerade
            }
            """
                    .replace("REFUSED", Ranges.REFUSED);

    /// Name of an empty chain: tells which rules the table has.
    private static final String MARK = "rules_" + Integer.toHexString(CHAINS.hashCode());

    private final Path forwardingWasOff;

    /// @param runDir where a file remembers that forwarding was off before
    HostRules(Path runDir) {
        this.forwardingWasOff = runDir.resolve("forwarding-was-off");
    }

    /// Sets the table unless it is there with these rules, and switches forwarding on.
    ///
    /// @return true when something had to be set
    boolean ensure() {
        boolean changed = false;
        if (!Nft.run("", "nft", "list", "chain", "inet", "wrenn", MARK).ok()) {
            // one transaction: an older table is replaced without a moment between
            Nft.apply(
                    "table inet wrenn\ndelete table inet wrenn\ntable inet wrenn {\nchain "
                            + MARK
                            + " { }\n"
                            + CHAINS
                            + "}\n");
            changed = true;
        }
        try {
            if (Files.readString(FORWARDING).strip().equals("0")) {
                Files.writeString(forwardingWasOff, "");
                Files.writeString(FORWARDING, "1");
                changed = true;
            }
        } catch (IOException e) {
            throw new NetworkException("forwarding could not be switched on", e);
        }
        return changed;
    }

    /// Removes the table and leaves forwarding as it was.
    void remove() {
        var result = Nft.run("table inet wrenn\ndelete table inet wrenn\n", "nft", "-f", "-");
        if (!result.ok())
            LOG.atWarn().addKeyValue("output", result.output()).log("host rules remain");
        try {
            if (Files.deleteIfExists(forwardingWasOff)) Files.writeString(FORWARDING, "0");
        } catch (IOException e) {
            LOG.atWarn().setCause(e).log("forwarding remains switched on");
        }
    }
}
