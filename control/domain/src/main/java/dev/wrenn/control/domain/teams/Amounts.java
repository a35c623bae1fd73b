package dev.wrenn.control.domain.teams;

import java.util.Optional;

/// How much of everything that a team's share is counted in: what it uses, asks for, or may have.
///
/// @param capsules that have not ended
/// @param vcpus of capsules that are not paused
/// @param memoryMb of capsules that are not paused, in MiB
/// @param diskMb of capsules that have not ended, in MiB
/// @param snapshots names of snapshot templates
public record Amounts(long capsules, long vcpus, long memoryMb, long diskMb, long snapshots) {
    /// What each team may have unless the platform's administrators say otherwise.
    public static final Amounts NORMAL = new Amounts(100, 200, 256 << 10, 1 << 20, 100);

    public Amounts {
        if (capsules < 0 || vcpus < 0 || memoryMb < 0 || diskMb < 0 || snapshots < 0)
            throw new IllegalArgumentException("amounts: expected none below 0");
    }

    /// Of what there would be too much.
    ///
    /// @param words what is counted, for people
    public record Excess(String words, long limit) {}

    /// What a capsule takes when it is made.
    public static Amounts ofNew(long vcpus, long memoryMb, long diskMb) {
        return new Amounts(1, vcpus, memoryMb, diskMb, 0);
    }

    /// What a paused capsule takes when it goes on.
    public static Amounts ofResumed(long vcpus, long memoryMb) {
        return new Amounts(0, vcpus, memoryMb, 0, 0);
    }

    /// What one more snapshot template takes.
    public static final Amounts ONE_SNAPSHOT = new Amounts(0, 0, 0, 0, 1);

    /// Whether who uses this may have so much more. What is not asked for is not held against it,
    /// also when there is too much of it already.
    public Optional<Excess> with(Amounts more, Amounts limit) {
        if (over(capsules, more.capsules, limit.capsules))
            return Optional.of(new Excess("capsules", limit.capsules));
        if (over(vcpus, more.vcpus, limit.vcpus))
            return Optional.of(new Excess("vCPUs in use", limit.vcpus));
        if (over(memoryMb, more.memoryMb, limit.memoryMb))
            return Optional.of(new Excess("MiB of memory in use", limit.memoryMb));
        if (over(diskMb, more.diskMb, limit.diskMb))
            return Optional.of(new Excess("MiB of disk", limit.diskMb));
        if (over(snapshots, more.snapshots, limit.snapshots))
            return Optional.of(new Excess("snapshot templates", limit.snapshots));
        return Optional.empty();
    }

    private static boolean over(long used, long more, long limit) {
        return more > 0 && used + more > limit;
    }
}
