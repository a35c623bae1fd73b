package dev.wrenn.common.model;

/// An amount of memory or disk in bytes, never negative.
public record MemorySize(long bytes) implements Comparable<MemorySize> {
    private static final long MIB = 1L << 20;

    public MemorySize {
        if (bytes < 0) throw new IllegalArgumentException("size: " + bytes + " (expected: >= 0)");
    }

    /// @param mib mebibytes
    public static MemorySize ofMib(long mib) {
        return new MemorySize(Math.multiplyExact(mib, MIB));
    }

    /// Whole mebibytes, rounded down.
    public long mib() {
        return bytes / MIB;
    }

    @Override
    public int compareTo(MemorySize other) {
        return Long.compare(bytes, other.bytes);
    }

    @Override
    public String toString() {
        return bytes % MIB == 0 ? mib() + " MiB" : bytes + " B";
    }
}
