package dev.wrenn.host.memory;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.HashMap;
import java.util.Map;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/// The pages of an image, mapped and checked when they are asked for. Thread-safe; closing unmaps.
public final class PageSource implements AutoCloseable {
    private static final int PAGE = MemoryIndex.BLOCK;

    private record Part(MemorySegment pages, MemorySegment sums) {}

    private final Arena arena;
    private final MemoryIndex index;
    private final Map<UUID, Part> parts;

    private PageSource(Arena arena, MemoryIndex index, Map<UUID, Part> parts) {
        this.arena = arena;
        this.index = index;
        this.parts = parts;
    }

    /// Maps every part; reads nothing.
    @SuppressWarnings("MustBeClosed") // the arena is closed with the source
    public static PageSource open(LoadedImage image) throws IOException {
        var arena = Arena.ofShared();
        try {
            var parts = new HashMap<UUID, Part>();
            for (var part : image.manifest().parts()) {
                if (part.bytes() == 0) continue;
                var file = image.directory().resolve(part.file());
                parts.put(
                        part.build(),
                        new Part(
                                map(arena, file, part.bytes()),
                                map(
                                        arena,
                                        PageSums.beside(file),
                                        PageSums.tableBytes(part.bytes()))));
            }
            return new PageSource(arena, image.index(), parts);
        } catch (IOException | RuntimeException e) {
            arena.close();
            throw e;
        }
    }

    private static MemorySegment map(Arena arena, Path file, long bytes) throws IOException {
        try (var channel = FileChannel.open(file, StandardOpenOption.READ)) {
            return channel.map(FileChannel.MapMode.READ_ONLY, 0, bytes, arena);
        }
    }

    /// The map of the memory.
    public MemoryIndex index() {
        return index;
    }

    /// The page at `offset` of guest memory, checked; null when it is all zeros.
    ///
    /// @throws CorruptImageException when the page does not match its sum
    public @Nullable MemorySegment verified(long offset) throws CorruptImageException {
        var mapping = index.at(offset);
        if (mapping.isZero()) return null;
        var part = parts.get(mapping.build());
        if (part == null) throw new CorruptImageException("part " + mapping.build() + " is empty");
        long storage = mapping.storage() + (offset - mapping.offset());
        var page = part.pages().asSlice(storage, PAGE);
        if (PageSums.sum(page) != PageSums.stored(part.sums(), storage / PAGE))
            throw new CorruptImageException(
                    "page at " + offset + " of guest memory does not match its sum");
        return page;
    }

    @Override
    public void close() {
        arena.close();
    }
}
