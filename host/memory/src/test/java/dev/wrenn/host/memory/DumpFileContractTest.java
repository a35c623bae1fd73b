package dev.wrenn.host.memory;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.wrenn.host.memory.MemorySaver.Base;
import dev.wrenn.host.memory.MemorySaver.Tracking;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.Random;
import java.util.TreeSet;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Sparse files as a VMM writes them, on the file system of this machine.
class DumpFileContractTest {
    private static final int PAGE = MemoryIndex.BLOCK;
    private static final int PAGES = 2048;
    private static final long SIZE = (long) PAGES * PAGE;

    @TempDir Path directory;

    /// Pages written at random over generations, zeroed ones among them; every generation is read
    /// back through its index and compared byte by byte.
    @Test
    void everyGenerationReadsBackToTheByte() throws Exception {
        long seed = System.nanoTime();
        var random = new Random(seed);
        var memory = new byte[(int) SIZE];
        var dump = directory.resolve("dump");
        var parts = new HashMap<UUID, Path>();
        Base base = null;
        for (int generation = 0; generation < MemoryIndex.MAX_GENERATIONS; generation++) {
            write(dump, memory, scribble(random, memory));
            var part = directory.resolve("memfile." + generation);
            boolean all = generation == 0;
            try (var copied =
                    new MemorySaver().dumped(dump, SIZE, base, Tracking.WRITTEN, part, all)) {
                var saved = copied.write();
                parts.put(saved.part(), part);
                base = new Base(saved.index(), null);
                assertThat(saved.index().generation()).isEqualTo(generation);
                assertThat(read(saved.index(), parts)).as("seed %d", seed).isEqualTo(memory);
            }
            assertThat(Files.size(dump)).as("blocks are given back").isZero();
        }
    }

    /// A page that became zero is one that was written.
    @Test
    void zerosAreNotHoles() throws Exception {
        var memory = new byte[(int) SIZE];
        Arrays.fill(memory, 0, 4 * PAGE, (byte) 7);
        var pages = new TreeSet<Integer>();
        for (int page = 0; page < 4; page++) pages.add(page);
        var dump = directory.resolve("dump");
        write(dump, memory, pages);
        MemorySaver.Saved first;
        try (var copied =
                new MemorySaver()
                        .dumped(dump, SIZE, null, Tracking.WRITTEN, directory.resolve("a"), true)) {
            first = copied.write();
        }
        assertThat(first.index().stored()).isEqualTo(4L * PAGE);
        Arrays.fill(memory, PAGE, 2 * PAGE, (byte) 0);
        write(dump, memory, new TreeSet<>(java.util.List.of(1)));
        var base = new Base(first.index(), null);
        try (var copied =
                new MemorySaver()
                        .dumped(
                                dump,
                                SIZE,
                                base,
                                Tracking.WRITTEN,
                                directory.resolve("b"),
                                false)) {
            var second = copied.write();
            assertThat(second.changes()).singleElement().matches(Mapping::isZero);
            assertThat(second.index().at(PAGE).isZero()).isTrue();
            assertThat(second.index().at(0).isZero()).isFalse();
        }
    }

    @Test
    void anotherSizeIsRefused() throws Exception {
        var dump = Files.write(directory.resolve("dump"), new byte[PAGE]);
        assertThatThrownBy(() ->
                        new MemorySaver()
                                .dumped(
                                        dump,
                                        SIZE,
                                        null,
                                        Tracking.WRITTEN,
                                        directory.resolve("part"),
                                        true))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("expected: " + SIZE);
        assertThat(directory.resolve("part")).doesNotExist();
    }

    private static TreeSet<Integer> scribble(Random random, byte[] memory) {
        var pages = new TreeSet<Integer>();
        int some = 1 + random.nextInt(400);
        for (int i = 0; i < some; i++) {
            int page = random.nextInt(PAGES);
            pages.add(page);
            if (random.nextInt(4) == 0)
                Arrays.fill(memory, page * PAGE, (page + 1) * PAGE, (byte) 0);
            else memory[page * PAGE + random.nextInt(PAGE)] = (byte) (1 + random.nextInt(255));
        }
        return pages;
    }

    private static void write(Path dump, byte[] memory, TreeSet<Integer> pages) throws IOException {
        try (var file = new RandomAccessFile(dump.toFile(), "rw")) {
            file.setLength(0);
            file.setLength(SIZE);
            for (int page : pages) {
                file.seek((long) page * PAGE);
                file.write(memory, page * PAGE, PAGE);
            }
        }
    }

    private static byte[] read(MemoryIndex index, Map<UUID, Path> parts) throws IOException {
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
