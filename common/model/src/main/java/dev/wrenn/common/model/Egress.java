package dev.wrenn.common.model;

/// The policies that hold for one capsule: a connection needs the word of both.
///
/// @param team that of its team
/// @param own the capsule's
public record Egress(EgressPolicy team, EgressPolicy own) {
    /// What capsules have of which nobody has said anything.
    public static final Egress OPEN = new Egress(EgressPolicy.OPEN, EgressPolicy.OPEN);

    /// True when neither takes anything away.
    public boolean isOpen() {
        return team.isOpen() && own.isOpen();
    }

    /// The lower of the two limits; 0: none.
    public int megabits() {
        return lower(team.megabits(), own.megabits());
    }

    /// The lower of the two limits; 0: none.
    public int connections() {
        return lower(team.connections(), own.connections());
    }

    private static int lower(int one, int other) {
        return one == 0 || other == 0 ? one + other : Math.min(one, other);
    }
}
