package dev.wrenn.host.memory;

/// A piece of guest RAM in the VMM's address space.
///
/// @param hostAddress where it begins in the VMM, page-aligned
/// @param size bytes, a multiple of 4096
/// @param offset where it begins in guest memory as the image counts it
public record RamRegion(long hostAddress, long size, long offset) {
    public RamRegion {
        if (hostAddress % 4096 != 0 || size <= 0 || size % 4096 != 0 || offset % 4096 != 0)
            throw new IllegalArgumentException(
                    "region: "
                            + hostAddress
                            + "+"
                            + size
                            + "@"
                            + offset
                            + " (expected: whole pages)");
    }
}
