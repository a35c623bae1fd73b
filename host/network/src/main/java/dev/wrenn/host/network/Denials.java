package dev.wrenn.host.network;

import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;

/// What the rules of a slot have refused.
///
/// @param refused packets to where no capsule may go
/// @param denied packets that a policy did not allow
/// @param crowded connections above the limit
/// @param flows samples of what was refused in the last minutes, each once: `tcp 10.0.0.1 22`
public record Denials(long refused, long denied, long crowded, List<String> flows) {
    private static final Pattern COUNTER =
            Pattern.compile("counter (\\w+) \\{\\s*packets (\\d+) bytes \\d+");
    private static final Pattern FLOW =
            Pattern.compile("(\\d+\\.\\d+\\.\\d+\\.\\d+) \\. (tcp|udp) \\. (\\d+)");

    public Denials {
        flows = List.copyOf(flows);
    }

    /// Packets and connections together.
    public long total() {
        return refused + denied + crowded;
    }

    /// Reads what `nft list ruleset` prints.
    static Denials parse(String ruleset) {
        long refused = 0;
        long denied = 0;
        long crowded = 0;
        var counters = COUNTER.matcher(ruleset);
        while (counters.find()) {
            long packets = Long.parseLong(counters.group(2));
            switch (counters.group(1)) {
                case "refused" -> refused += packets;
                case "denied" -> denied += packets;
                case "crowded" -> crowded += packets;
                default -> {} // of bandwidth, for example: a slow sender is not a refused one
            }
        }
        var flows = new ArrayList<String>();
        var found = FLOW.matcher(ruleset);
        while (found.find())
            flows.add(found.group(2) + " " + found.group(1) + " " + found.group(3));
        return new Denials(refused, denied, crowded, flows.stream().distinct().sorted().toList());
    }
}
