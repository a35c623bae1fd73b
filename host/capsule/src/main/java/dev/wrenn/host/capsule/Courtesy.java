package dev.wrenn.host.capsule;

/// Whether a VM should let others go first, by what it used of its processors lately: one that
/// computes without a pause does, so that those that answer now and then are as quick beside it as
/// alone. One that then gets too little uses little, and has its full share again: nobody starves.
/// Not thread-safe.
final class Courtesy {
    private static final double NEW = 0.25; // of each look: some two seconds count
    private static final double YIELDS = 50; // percent of all its processors
    private static final double SHARES = 25;

    private double average;
    private boolean yields;

    /// @param cpuPercent of its processors since the last look, 0..100
    /// @return whether it yields from now on
    boolean look(double cpuPercent) {
        average += NEW * (cpuPercent - average);
        if (average > YIELDS) yields = true;
        else if (average < SHARES) yields = false;
        return yields;
    }
}
