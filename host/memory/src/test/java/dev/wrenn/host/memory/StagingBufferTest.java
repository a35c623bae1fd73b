package dev.wrenn.host.memory;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.foreign.ValueLayout;
import org.junit.jupiter.api.Test;

class StagingBufferTest {
    private static final long MIB = 1 << 20;
    private final StagingBuffer buffer = new StagingBuffer(64 * MIB);

    private StagingBuffer.Piece take(long bytes) {
        return buffer.take(bytes).orElseThrow();
    }

    @Test
    void theSameMemoryServesOneCopyAfterTheOther() {
        var first = take(5 * MIB);
        first.close();
        try (var piece = take(1)) {
            assertThat(piece.segment().address()).isEqualTo(first.segment().address());
            first.close(); // a second time: it is another's now
            try (var other = take(1)) {
                assertThat(other.segment().address()).isNotEqualTo(piece.segment().address());
            }
        }
    }

    @Test
    void copiesAtTheSameTimeShareTheLimit() {
        var one = take(16 * MIB);
        var other = take(32 * MIB);
        assertThat(buffer.take(32 * MIB)).isEmpty();
        one.close();
        assertThat(buffer.take(64 * MIB)).isEmpty();
        other.close(); // the larger one is kept
        try (var again = take(20 * MIB)) {
            assertThat(again.segment().address()).isEqualTo(other.segment().address());
        }
        assertThat(buffer.take(65 * MIB)).isEmpty();
        take(64 * MIB).close();
    }

    @Test
    void whatIsPreparedIsThere() {
        buffer.prepare(40 * MIB);
        try (var piece = take(33 * MIB)) {
            assertThat(piece.segment().byteSize()).isEqualTo(64 * MIB);
        }
        buffer.prepare(1000 * MIB);
        take(64 * MIB).close();
    }

    @Test
    void sizesArePowersOfTwoThatCanBeWrittenToTheEnd() {
        for (long bytes : new long[] {1, 16 * MIB - 1, 16 * MIB + 1, 32 * MIB, 64 * MIB}) {
            try (var piece = take(bytes)) {
                var segment = piece.segment();
                assertThat(segment.byteSize()).isGreaterThanOrEqualTo(bytes);
                assertThat(segment.address() % MemoryIndex.BLOCK).isZero();
                segment.set(ValueLayout.JAVA_BYTE, bytes - 1, (byte) 7);
                assertThat(segment.get(ValueLayout.JAVA_BYTE, bytes - 1)).isEqualTo((byte) 7);
            }
        }
    }
}
