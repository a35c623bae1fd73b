package dev.wrenn.cli.instance;

import dev.wrenn.cli.DataDir;
import dev.wrenn.common.model.MemorySize;
import dev.wrenn.host.disk.XfsVolume;

/// The host agent's directory on a file system that shares blocks: its own where the disk below has
/// none, so that a capsule's disk is a clone in a millisecond and not a copy in a second.
final class HostVolume implements AutoCloseable {
    private static final MemorySize LEAST = MemorySize.ofMib(4096);
    private static final MemorySize MOST = MemorySize.ofMib(128 * 1024);

    /// Of what the disk below has free: the file is sparse, but what capsules write must fit.
    private static final double SHARE = 0.8;

    private final DataDir data;
    private final XfsVolume volume;

    HostVolume(DataDir data) {
        this.data = data;
        this.volume = new XfsVolume(data.hostVolume(), data.host());
    }

    /// @return empty, or in words why disks are copied on this machine
    String open() {
        return switch (volume.mount(size())) {
            case XfsVolume.Outcome.Mounted _, XfsVolume.Outcome.NotNeeded _ -> "";
            case XfsVolume.Outcome.Unavailable(var reason) -> reason;
        };
    }

    private MemorySize size() {
        long free = data.root().toFile().getUsableSpace();
        return size(free);
    }

    static MemorySize size(long freeBytes) {
        long share = (long) (freeBytes * SHARE) & -(1L << 20);
        return new MemorySize(Math.clamp(share, LEAST.bytes(), MOST.bytes()));
    }

    @Override
    public void close() {
        volume.unmount();
    }
}
