package dev.wrenn.host.memory;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import java.util.UUID;
import org.junit.jupiter.api.Test;

class MemoryIndexTest {
    private static final long BLOCK = MemoryIndex.BLOCK;
    private static final UUID FIRST = UUID.fromString("f47ac10b-58cc-4372-a567-0e02b2c3d479");
    private static final String EXAMPLE =
            """
            0100000000000000 0010000000000000 0000002000000000 0000000000000000
            f47ac10b58cc4372a5670e02b2c3d479 f47ac10b58cc4372a5670e02b2c3d479
            0000000000000000 0020000000000000 f47ac10b58cc4372a5670e02b2c3d479 0000000000000000
            0020000000000000 00e0ff1f00000000 00000000000000000000000000000000 0000000000000000
            """;

    @Test
    void theExampleOfTheFormatIsWrittenAndReadToTheByte() throws Exception {
        var index =
                MemoryIndex.first(512L << 20, FIRST, List.of(new Mapping(0, 2 * BLOCK, FIRST, 0)));
        var bytes = HexFormat.of().parseHex(EXAMPLE.replaceAll("\\s", ""));
        assertThat(IndexCodec.encode(index)).isEqualTo(bytes);
        assertThat(IndexCodec.decode(bytes).mappings()).isEqualTo(index.mappings());
        assertThat(index.stored()).isEqualTo(2 * BLOCK);
        assertThat(index.parts()).containsExactly(FIRST);
    }

    /// Random images and diffs, against an array of one entry a block as the oracle.
    @Test
    void overlaysAgreeWithAnArrayOfBlocks() throws Exception {
        long seed = System.nanoTime();
        var random = new Random(seed);
        for (int round = 0; round < 300; round++) {
            int blocks = 1 + random.nextInt(64);
            var oracle = new String[blocks];
            var runs = runs(random, blocks, FIRST, false, oracle);
            for (int i = 0; i < blocks; i++) if (oracle[i] == null) oracle[i] = "zero";
            var index = MemoryIndex.first(blocks * BLOCK, FIRST, runs);
            int generations = random.nextInt(MemoryIndex.MAX_GENERATIONS);
            for (int g = 0; g < generations; g++) {
                var diff = UUID.randomUUID();
                index = index.overlay(diff, runs(random, blocks, diff, true, oracle));
                index = IndexCodec.decode(IndexCodec.encode(index));
            }
            assertThat(index.generation()).as("seed %d", seed).isEqualTo(generations);
            for (int i = 0; i < blocks; i++) {
                var mapping = index.at(i * BLOCK + random.nextInt((int) BLOCK));
                long storage = mapping.storage() + (i * BLOCK - mapping.offset());
                var found = mapping.isZero() ? "zero" : mapping.build() + "@" + storage;
                assertThat(found).as("seed %d block %d", seed, i).isEqualTo(oracle[i]);
            }
        }
    }

    private static List<Mapping> runs(
            Random random, int blocks, UUID part, boolean zeros, String[] oracle) {
        var runs = new ArrayList<Mapping>();
        long storage = 0;
        int at = random.nextInt(4);
        while (at < blocks) {
            int length = Math.min(1 + random.nextInt(5), blocks - at);
            if (zeros && random.nextInt(3) == 0) {
                runs.add(Mapping.zeros(at * BLOCK, length * BLOCK));
                for (int i = at; i < at + length; i++) oracle[i] = "zero";
            } else {
                runs.add(new Mapping(at * BLOCK, length * BLOCK, part, storage));
                for (int i = at; i < at + length; i++)
                    oracle[i] = part + "@" + (storage + (i - at) * BLOCK);
                storage += length * BLOCK;
            }
            at += length + random.nextInt(6);
        }
        return runs;
    }

    @Test
    void aFlatImageStaysFlatUnderItsChanges() throws Exception {
        var index =
                MemoryIndex.first(
                        8 * BLOCK, FIRST, List.of(new Mapping(BLOCK, 2 * BLOCK, FIRST, BLOCK)));
        assertThat(index.isFlat()).isTrue();
        var part = UUID.randomUUID();
        var next =
                index.overlayFlat(
                        part,
                        List.of(
                                Mapping.zeros(BLOCK, BLOCK),
                                new Mapping(5 * BLOCK, BLOCK, part, 5 * BLOCK)));
        assertThat(next.isFlat()).isTrue();
        assertThat(next.generation()).isZero();
        assertThat(next.parts()).containsExactly(part);
        assertThat(next.at(BLOCK).isZero()).isTrue();
        assertThat(next.at(2 * BLOCK).storage()).isEqualTo(2 * BLOCK);
        assertThat(next.at(5 * BLOCK).build()).isEqualTo(part);
        var layered = index.overlay(part, List.of(new Mapping(0, BLOCK, part, 0)));
        assertThat(layered.isFlat()).isFalse();
        assertThatThrownBy(() -> layered.overlayFlat(part, List.of()))
                .isInstanceOf(IllegalStateException.class);
    }

    @Test
    void aPageThatBecameZeroIsZeroAndNotUnchanged() throws Exception {
        var index =
                MemoryIndex.first(4 * BLOCK, FIRST, List.of(new Mapping(0, 4 * BLOCK, FIRST, 0)));
        var next = index.overlay(UUID.randomUUID(), List.of(Mapping.zeros(BLOCK, BLOCK)));
        assertThat(next.at(BLOCK).isZero()).isTrue();
        assertThat(next.at(2 * BLOCK).storage()).isEqualTo(2 * BLOCK);
    }

    /// Flips, cuts and random bytes: an index is read whole or refused, nothing else.
    @Test
    void corruptBytesAreRefused() throws Exception {
        long seed = System.nanoTime();
        var random = new Random(seed);
        var index =
                MemoryIndex.first(
                        64 * BLOCK,
                        FIRST,
                        List.of(
                                new Mapping(0, 2 * BLOCK, FIRST, 0),
                                new Mapping(8 * BLOCK, BLOCK, FIRST, 2 * BLOCK)));
        var good = IndexCodec.encode(index);
        for (int i = 0; i < 20_000; i++) {
            var bad = good.clone();
            switch (random.nextInt(3)) {
                case 0 -> bad[random.nextInt(bad.length)] ^= (byte) (1 << random.nextInt(8));
                case 1 -> bad = java.util.Arrays.copyOf(good, random.nextInt(good.length + 80));
                default -> random.nextBytes(bad);
            }
            try {
                var read = IndexCodec.decode(bad);
                assertThat(IndexCodec.encode(read)).as("seed %d", seed).isEqualTo(bad);
            } catch (CorruptImageException e) {
                assertThat(e).hasMessageNotContaining("null");
            }
        }
    }

    @Test
    void everyRuleHasItsRefusal() {
        refused(
                "not merged",
                new Mapping(0, BLOCK, FIRST, 0),
                new Mapping(BLOCK, BLOCK, FIRST, BLOCK));
        refused("expected: at", new Mapping(BLOCK, BLOCK, FIRST, 0));
        refused("mappings end", new Mapping(0, BLOCK, FIRST, 0));
        refused("length", new Mapping(0, 3 * BLOCK, FIRST, 0));
        refused("length", new Mapping(0, 100, FIRST, 0));
        refused("storage", new Mapping(0, 2 * BLOCK, FIRST, 7));
        refused("storage", new Mapping(0, 2 * BLOCK, FIRST, -BLOCK));
        refused("zero range", new Mapping(0, 2 * BLOCK, Mapping.ZERO, BLOCK));
        assertThatThrownBy(() ->
                        MemoryIndex.of(
                                BLOCK,
                                0,
                                FIRST,
                                UUID.randomUUID(),
                                List.of(new Mapping(0, BLOCK, FIRST, 0))))
                .hasMessageContaining("another base");
        assertThatThrownBy(() ->
                        MemoryIndex.of(
                                BLOCK, 8, FIRST, FIRST, List.of(new Mapping(0, BLOCK, FIRST, 0))))
                .hasMessageContaining("generation: 8");
    }

    private static void refused(String rule, Mapping... mappings) {
        assertThatThrownBy(() -> MemoryIndex.of(2 * BLOCK, 0, FIRST, FIRST, List.of(mappings)))
                .isInstanceOf(CorruptImageException.class)
                .hasMessageContaining(rule);
    }
}
