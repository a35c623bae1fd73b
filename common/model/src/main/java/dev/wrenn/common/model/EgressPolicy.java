package dev.wrenn.common.model;

import java.util.List;

/// Where a capsule may connect to, and how much: the first rule that fits decides, else the
/// default. It can only take away: what the platform refuses to all capsules (hosts, other
/// capsules, private and metadata addresses) no policy opens.
///
/// @param allowByDefault what holds where no rule fits
/// @param rules in their order, at most [#MOST_RULES]
/// @param megabits per second, each way; 0: as much as there is
/// @param connections open at a time; 0: as many as the platform lets everyone have
public record EgressPolicy(
        boolean allowByDefault, List<EgressRule> rules, int megabits, int connections) {
    /// Most rules of one policy.
    public static final int MOST_RULES = 64;

    private static final int MOST_MEGABITS = 100_000;
    private static final int MOST_CONNECTIONS = 65_536;

    /// Everything that the platform lets through.
    public static final EgressPolicy OPEN = new EgressPolicy(true, List.of(), 0, 0);

    public EgressPolicy {
        rules = List.copyOf(rules);
        if (rules.size() > MOST_RULES)
            throw new IllegalArgumentException(
                    "rules: " + rules.size() + " (expected: at most " + MOST_RULES + ")");
        require("bandwidth_mbit", megabits, MOST_MEGABITS);
        require("max_connections", connections, MOST_CONNECTIONS);
    }

    private static void require(String name, int value, int most) {
        if (value < 0 || value > most)
            throw new IllegalArgumentException(
                    name + ": " + value + " (expected: 1.." + most + ")");
    }

    /// True when it takes nothing away.
    public boolean isOpen() {
        return equals(OPEN);
    }

    /// Its rules about domains.
    public List<EgressRule.Target.Domain> domains() {
        return rules.stream()
                .map(EgressRule::to)
                .filter(EgressRule.Target.Domain.class::isInstance)
                .map(EgressRule.Target.Domain.class::cast)
                .toList();
    }
}
