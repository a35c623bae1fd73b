package dev.wrenn.host.memory;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static org.assertj.core.api.Assertions.assertThat;

import dev.wrenn.host.memory.MemorySaver.Base;
import dev.wrenn.host.memory.MemorySaver.Tracking;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Saves memory of this very process: the kernel's scan and copy are the real ones.
class MemorySaverContractTest {
    private static final int PAGE = MemoryIndex.BLOCK;
    private static final int PAGES = 2048;
    private static final long PID = ProcessHandle.current().pid();

    @TempDir Path directory;

    /// A private map of a file, written at random over generations, zeroed pages included; every
    /// generation is read back through its index and compared byte by byte.
    @Test
    void everyGenerationReadsBackToTheByte() throws Exception {
        long seed = System.nanoTime();
        var random = new Random(seed);
        var file = directory.resolve("start");
        try (var empty = new RandomAccessFile(file.toFile(), "rw")) {
            empty.setLength((long) PAGES * PAGE);
        }
        try (var arena = Arena.ofShared();
                var channel =
                        FileChannel.open(file, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
            var ram = channel.map(FileChannel.MapMode.PRIVATE, 0, channel.size(), arena);
            var regions = List.of(new RamRegion(ram.address(), ram.byteSize(), 0));
            scribble(random, ram, 600);
            var parts = new java.util.HashMap<java.util.UUID, Path>();
            var part = directory.resolve("memfile");
            var saved = saver().save(PID, regions, null, Tracking.PRIVATE_MAP, part, true);
            parts.put(saved.part(), part);
            assertThat(read(saved.index(), parts)).as("seed %d", seed).isEqualTo(bytes(ram));
            for (int generation = 1; generation < MemoryIndex.MAX_GENERATIONS; generation++) {
                scribble(random, ram, 100);
                part = directory.resolve("memfile." + generation);
                var base =
                        new Base(
                                saved.index(),
                                saved.index().isFlat() ? parts.get(saved.part()) : null);
                saved = saver().save(PID, regions, base, Tracking.PRIVATE_MAP, part, false);
                parts.put(saved.part(), part);
                assertThat(saved.index().generation()).isEqualTo(generation);
                assertThat(read(saved.index(), parts)).as("seed %d", seed).isEqualTo(bytes(ram));
            }
        }
    }

    @Test
    void onlyWhatDiffersFromAFlatBaseIsStored() throws Exception {
        try (var arena = Arena.ofShared()) {
            var ram = arena.allocate((long) PAGES * PAGE, PAGE);
            var regions = List.of(new RamRegion(ram.address(), ram.byteSize(), 0));
            ram.asSlice(0, 64L * PAGE).fill((byte) 7);
            var part = directory.resolve("memfile");
            var first = saver().save(PID, regions, null, Tracking.COMPARE, part, true);
            assertThat(first.index().isFlat()).isTrue();
            assertThat(first.index().stored()).isEqualTo(64L * PAGE);
            ram.set(JAVA_BYTE, 5L * PAGE + 17, (byte) 8);
            ram.asSlice(9L * PAGE, PAGE).fill((byte) 0);
            var second =
                    saver().save(
                                    PID,
                                    regions,
                                    new Base(first.index(), part),
                                    Tracking.COMPARE,
                                    directory.resolve("diff"),
                                    false);
            assertThat(second.changes())
                    .filteredOn(c -> !c.isZero())
                    .singleElement()
                    .satisfies(c -> assertThat(c.offset()).isEqualTo(5L * PAGE));
            assertThat(second.index().at(9L * PAGE).isZero()).isTrue();
            assertThat(directory.resolve("diff")).hasSize(PAGE);
        }
    }

    private static MemorySaver saver() {
        return new MemorySaver();
    }

    private static void scribble(Random random, MemorySegment ram, int pages) {
        for (int i = 0; i < pages; i++) {
            var page = ram.asSlice((long) random.nextInt(PAGES) * PAGE, PAGE);
            if (random.nextInt(4) == 0) page.fill((byte) 0);
            else page.set(JAVA_BYTE, random.nextInt(PAGE), (byte) (1 + random.nextInt(255)));
        }
    }

    private static byte[] bytes(MemorySegment ram) {
        return ram.toArray(JAVA_BYTE);
    }

    private static byte[] read(MemoryIndex index, java.util.Map<java.util.UUID, Path> parts)
            throws IOException {
        var memory = new byte[(int) index.size()];
        for (var mapping : index.mappings()) {
            if (mapping.isZero()) continue;
            try (var part = new RandomAccessFile(parts.get(mapping.build()).toFile(), "r")) {
                part.seek(mapping.storage());
                part.readFully(memory, (int) mapping.offset(), (int) mapping.length());
            }
        }
        return memory;
    }
}
