package dev.wrenn.host.memory;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import dev.wrenn.host.linux.LocalMemory;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// Memory that copies of guest pages go to. The largest piece is kept from one save to the next:
/// memory fresh from the kernel costs a fault for each page, while the guest stands still. What is
/// kept is the kernel's to take when it is short of memory. Thread-safe.
final class StagingBuffer {
    private static final long LEAST = 16L << 20;

    private final long most;
    private final Object lock = new Object();

    @GuardedBy("lock")
    private @Nullable Memory kept;

    @GuardedBy("lock")
    private long bytes; // of everything allocated

    /// @param most bytes of all pieces together, a power of two
    StagingBuffer(long most) {
        this.most = most;
    }

    private record Memory(Arena arena, MemorySegment segment) {
        long size() {
            return segment.byteSize();
        }
    }

    /// Memory for one copy. Not thread-safe.
    final class Piece implements AutoCloseable {
        private final MemorySegment segment;
        private @Nullable Memory memory;

        private Piece(Memory memory) {
            this.memory = memory;
            this.segment = memory.segment();
        }

        /// At least what was asked for, aligned to pages, with anything in it.
        MemorySegment segment() {
            return segment;
        }

        /// Gives it back; a second call does nothing.
        @Override
        public void close() {
            var given = memory;
            memory = null;
            if (given != null) giveBack(given);
        }
    }

    /// @return empty when other copies have so much that this does not fit
    Optional<Piece> take(long wanted) {
        long size = Math.max(LEAST, Long.highestOneBit(Math.max(1, wanted - 1)) << 1);
        synchronized (lock) {
            var ready = kept;
            if (ready != null && ready.size() >= size) {
                kept = null;
                return Optional.of(new Piece(ready));
            }
            long allocated = bytes - (ready == null ? 0 : ready.size());
            if (allocated + size > most) return Optional.empty();
            if (ready != null) release(ready);
            kept = null;
            bytes += size;
        }
        try {
            return Optional.of(new Piece(allocate(size)));
        } catch (RuntimeException | OutOfMemoryError e) {
            synchronized (lock) {
                bytes -= size;
            }
            throw e;
        }
    }

    /// Makes the next [#take] of so much find its memory there.
    void prepare(long wanted) {
        take(Math.min(wanted, most)).ifPresent(Piece::close);
    }

    @SuppressWarnings("MustBeClosed") // the arena is closed with the piece, or when it is replaced
    private static Memory allocate(long size) {
        var arena = Arena.ofShared();
        try {
            return new Memory(arena, arena.allocate(size, MemoryIndex.BLOCK));
        } catch (RuntimeException | OutOfMemoryError e) {
            arena.close();
            throw e;
        }
    }

    private void giveBack(Memory memory) {
        synchronized (lock) {
            var other = kept;
            if (other != null && other.size() >= memory.size()) {
                release(memory);
                return;
            }
            if (other != null) release(other);
            LocalMemory.free(memory.segment());
            kept = memory;
        }
    }

    @GuardedBy("lock")
    private void release(Memory memory) {
        bytes -= memory.size();
        memory.arena().close();
    }
}
