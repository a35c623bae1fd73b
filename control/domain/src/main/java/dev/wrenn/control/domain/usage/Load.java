package dev.wrenn.control.domain.usage;

/// What a team has reserved at one time.
///
/// @param running capsules that have not ended and are not paused
/// @param vcpus of those
/// @param memoryMb of those, and half of the memory of paused ones, in MiB
public record Load(long running, long vcpus, long memoryMb) {
    public static final Load NOTHING = new Load(0, 0, 0);

    /// The larger one of each figure.
    Load most(Load other) {
        return new Load(
                Math.max(running, other.running),
                Math.max(vcpus, other.vcpus),
                Math.max(memoryMb, other.memoryMb));
    }
}
