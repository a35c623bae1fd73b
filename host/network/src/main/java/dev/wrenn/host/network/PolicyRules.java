package dev.wrenn.host.network;

import dev.wrenn.common.model.Egress;
import dev.wrenn.common.model.EgressPolicy;
import dev.wrenn.common.model.EgressRule;
import java.util.ArrayList;
import java.util.List;

/// The policies of one capsule as a table of nftables in its slot's namespace, behind the table
/// that every slot has: a packet needs the word of both, so that no policy opens what the platform
/// refuses. Pure.
///
/// Each policy applied has a mark. A connection gets it when one of its packets was let through by
/// the rules, and with it all others pass; a new policy has a new mark, so that open connections
/// are judged again with their next packet, and nothing comes in on them before.
final class PolicyRules {
    /// Name of the table.
    static final String TABLE = "wrenn_policy";

    /// Most distinct denied flows that are remembered for samples.
    private static final int MOST_FLOWS = 32;

    private static final int MOST_PINS = 4096;

    private PolicyRules() {}

    /// A rule about names, and the set of addresses that they led to.
    ///
    /// @param set its name in the table
    /// @param allow what the rule says
    record Names(String set, EgressRule.Target.Domain domain, boolean allow) {}

    /// An address in a set for some time.
    record Pin(String set, String address, long seconds) {}

    /// The rules about domains, in the order in which they are asked.
    static List<Names> names(Egress egress) {
        var names = new ArrayList<Names>();
        names("team", egress.team(), names);
        names("own", egress.own(), names);
        return names;
    }

    private static void names(String chain, EgressPolicy policy, List<Names> names) {
        for (int i = 0; i < policy.rules().size(); i++) {
            var rule = policy.rules().get(i);
            if (rule.to() instanceof EgressRule.Target.Domain domain)
                names.add(new Names(set(chain, i), domain, rule.allow()));
        }
    }

    private static String set(String chain, int index) {
        return chain + "_" + index;
    }

    /// The whole change, for one transaction.
    ///
    /// @param mark another one than before, not 0
    /// @param pins what is known already of where names lead
    static String replace(Egress egress, int mark, List<Pin> pins) {
        var ruleset = new StringBuilder(remove());
        if (egress.isOpen()) return ruleset.toString();
        var names = names(egress);
        line(ruleset, "table inet " + TABLE + " {");
        line(ruleset, "chain " + name(egress) + " { }");
        line(ruleset, "counter denied { }");
        line(ruleset, "counter crowded { }");
        line(ruleset, "counter throttled { }");
        line(
                ruleset,
                "set flows { type ipv4_addr . inet_proto . inet_service; flags dynamic,timeout;"
                        + " size "
                        + MOST_FLOWS
                        + "; timeout 5m; }");
        for (var name : names)
            line(
                    ruleset,
                    "set "
                            + name.set()
                            + " { type ipv4_addr; flags timeout; size "
                            + MOST_PINS
                            + "; }");
        if (!names.isEmpty())
            line(
                    ruleset,
                    "chain names { type nat hook prerouting priority -110; policy accept;"
                            + " iifname \"tap0\" meta l4proto { tcp, udp } th dport 53 dnat ip to "
                            + Slot.GATEWAY_IP
                            + "; }");
        line(ruleset, "chain forward {");
        line(ruleset, "type filter hook forward priority filter + 10; policy drop;");
        if (egress.megabits() > 0) {
            line(ruleset, "iifname \"tap0\" " + throttle(egress.megabits()));
            line(ruleset, "oifname \"tap0\" " + throttle(egress.megabits()));
        }
        line(
                ruleset,
                "oifname \"tap0\" ct direction original accept"); // the host came to the guest
        line(ruleset, "oifname \"tap0\" ct mark " + mark + " accept");
        line(ruleset, "iifname \"tap0\" ct direction reply accept");
        line(ruleset, "iifname \"tap0\" ct mark " + mark + " accept");
        line(ruleset, "iifname \"tap0\" jump judge");
        line(ruleset, "}");
        line(ruleset, "chain judge {");
        line(ruleset, "jump team");
        line(ruleset, "jump own");
        if (egress.connections() > 0)
            line(
                    ruleset,
                    "ct state new ct count over "
                            + egress.connections()
                            + " counter name crowded drop");
        line(ruleset, "ct mark set " + mark + " accept");
        line(ruleset, "}");
        chain(ruleset, "team", egress.team());
        chain(ruleset, "own", egress.own());
        line(ruleset, "chain deny {");
        line(ruleset, "counter name denied");
        line(
                ruleset,
                "meta l4proto { tcp, udp } update @flows { ip daddr . meta l4proto . th dport }");
        line(ruleset, "drop");
        line(ruleset, "}");
        line(ruleset, "}");
        if (!names.isEmpty())
            line(
                    ruleset,
                    "add rule inet wrenn resolver iifname \"tap0\" ip daddr "
                            + Slot.GATEWAY_IP
                            + " meta l4proto { tcp, udp } th dport 53 accept");
        return ruleset.append(pin(pins)).toString();
    }

    /// Name of an empty chain: tells which policies the table is of.
    static String name(Egress egress) {
        return "rules_" + Integer.toHexString(egress.toString().hashCode());
    }

    private static String remove() {
        return "table inet "
                + TABLE
                + "\ndelete table inet "
                + TABLE
                + "\nflush chain inet wrenn resolver\n";
    }

    /// What is over the rate is dropped; senders slow down.
    private static String throttle(int megabits) {
        int kilobytes = megabits * 125;
        return "limit rate over "
                + kilobytes
                + " kbytes/second burst "
                + Math.max(64, kilobytes / 8)
                + " kbytes counter name throttled drop";
    }

    private static void chain(StringBuilder ruleset, String chain, EgressPolicy policy) {
        line(ruleset, "chain " + chain + " {");
        for (int i = 0; i < policy.rules().size(); i++)
            line(ruleset, rule(policy.rules().get(i), set(chain, i)));
        line(ruleset, verdict(policy.allowByDefault()));
        line(ruleset, "}");
    }

    /// To return is to be allowed by this policy.
    private static String verdict(boolean allow) {
        return allow ? "return" : "goto deny";
    }

    private static String rule(EgressRule rule, String set) {
        var to =
                switch (rule.to()) {
                    case EgressRule.Target.Block block -> "ip daddr " + block;
                    case EgressRule.Target.Domain _ -> "ip daddr @" + set;
                };
        var ports = rule.ports();
        var what =
                switch (rule.protocol()) {
                    case ANY -> ports == null ? "" : " meta l4proto { tcp, udp } th dport " + ports;
                    case TCP -> ports == null ? " meta l4proto tcp" : " tcp dport " + ports;
                    case UDP -> ports == null ? " meta l4proto udp" : " udp dport " + ports;
                    case ICMP -> " meta l4proto icmp";
                };
        return to + what + " " + verdict(rule.allow());
    }

    /// Adds addresses to sets for some time, or for a longer one.
    static String pin(List<Pin> pins) {
        var ruleset = new StringBuilder();
        for (var pin : pins) {
            var element = "element inet " + TABLE + " " + pin.set() + " { " + pin.address();
            // adding one that is there leaves its time as it is
            line(ruleset, "add " + element + " timeout 1s }");
            line(ruleset, "delete " + element + " }");
            line(ruleset, "add " + element + " timeout " + pin.seconds() + "s }");
        }
        return ruleset.toString();
    }

    private static void line(StringBuilder ruleset, String line) {
        ruleset.append(line).append('\n');
    }
}
