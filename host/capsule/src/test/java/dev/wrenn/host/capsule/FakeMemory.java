package dev.wrenn.host.capsule;

import dev.wrenn.host.memory.CorruptImageException;
import dev.wrenn.host.memory.ImageStore;
import dev.wrenn.host.memory.LoadedImage;
import dev.wrenn.host.memory.Mapping;
import dev.wrenn.host.memory.MemoryIndex;
import dev.wrenn.host.memory.MemorySaver.Base;
import dev.wrenn.host.memory.MemorySaver.Copied;
import dev.wrenn.host.memory.MemorySaver.Saved;
import dev.wrenn.host.memory.MemorySaver.Tracking;
import dev.wrenn.host.vmm.VmProcess;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Path;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/// Memory of which one page changes between any two saves. Thread-safe.
final class FakeMemory implements Rooms.Memory {
    private final FakeHost host;
    private final CrashPoints points;

    FakeMemory(FakeHost host, CrashPoints points) {
        this.host = host;
        this.points = points;
    }

    @Override
    public Copied copy(
            VmProcess vm, @Nullable Base base, Tracking tracking, Path file, boolean flat) {
        points.pass("before memory");
        host.trackings.add(tracking);
        long size = vm.ram().orElseThrow().size();
        return new Copied() {
            @Override
            public Saved write() throws IOException, CorruptImageException {
                return FakeMemory.this.write(size, base, file);
            }

            @Override
            public void close() {}
        };
    }

    private Saved write(long size, @Nullable Base base, Path file)
            throws IOException, CorruptImageException {
        if (host.memoryFull) throw new IOException("No space left on device");
        try (var out = new RandomAccessFile(file.toFile(), "rw")) {
            out.write(new byte[] {'p', 'a', 'g', 'e'});
            out.setLength(base == null ? size : MemoryIndex.BLOCK);
        }
        var part = UUID.randomUUID();
        var page = List.of(new Mapping(0, MemoryIndex.BLOCK, part, 0));
        var index =
                base == null
                        ? MemoryIndex.first(size, part, page)
                        : base.index().overlay(part, page);
        points.pass("after memory");
        return new Saved(index, part, page, 1);
    }

    @Override
    public void prepare(VmProcess vm, Tracking tracking) {
        points.pass("before prepare memory");
    }

    @Override
    public void verify(LoadedImage image) throws IOException, CorruptImageException {
        points.pass("verify");
        ImageStore.verify(image);
    }
}
