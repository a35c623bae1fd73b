package dev.wrenn.control.domain.hosts;

/// What a host has promised to the capsules that are placed on it; of paused ones a part.
public record Reserved(long memoryMb, long vcpus, long diskMb) {
    /// Nothing.
    public static final Reserved NONE = new Reserved(0, 0, 0);
}
