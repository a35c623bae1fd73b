package dev.wrenn.host.disk;

import dev.wrenn.common.model.MemorySize;

/// Settings of capsule disks.
///
/// @param reserve space that clones must leave free, so that records and running guests can go on
public record DiskConfig(MemorySize reserve) {
    /// 1 GiB reserve.
    public static DiskConfig defaults() {
        return new DiskConfig(MemorySize.ofMib(1024));
    }
}
