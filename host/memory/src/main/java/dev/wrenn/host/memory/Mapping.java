package dev.wrenn.host.memory;

import java.util.UUID;

/// A range of guest memory and where its bytes are.
///
/// @param offset first byte in guest memory
/// @param length bytes, a positive multiple of [MemoryIndex#BLOCK]
/// @param build the part that holds the bytes; [#ZERO] when the range is all zeros
/// @param storage first byte in that part; 0 for a zero range
public record Mapping(long offset, long length, UUID build, long storage) {
    /// The build id of ranges without storage.
    public static final UUID ZERO = new UUID(0, 0);

    /// A range that is all zeros.
    public static Mapping zeros(long offset, long length) {
        return new Mapping(offset, length, ZERO, 0);
    }

    /// True when no part holds the bytes.
    public boolean isZero() {
        return build.equals(ZERO);
    }

    /// First byte behind the range.
    public long end() {
        return offset + length;
    }

    /// The part of this range in `from..to`, which must lie inside it.
    Mapping slice(long from, long to) {
        return new Mapping(from, to - from, build, isZero() ? 0 : storage + (from - offset));
    }

    /// True when `next` goes on where this ends, in memory and in storage.
    boolean continues(Mapping next) {
        return end() == next.offset
                && build.equals(next.build)
                && (isZero() || storage + length == next.storage);
    }
}
