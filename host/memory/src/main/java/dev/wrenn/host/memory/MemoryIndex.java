package dev.wrenn.host.memory;

import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.UUID;

/// Which bytes of guest memory are where. Immutable and thread-safe.
///
/// Rules, checked whenever an index is made: mappings are sorted, without gap or overlap, and cover
/// exactly `size`; lengths, offsets and storage are whole blocks; neighbours that could be one are
/// one; generation 0 is its own base.
public final class MemoryIndex {
    /// Bytes of a block, the page size of the guest.
    public static final int BLOCK = 4096;

    /// An image of this many generations is merged before it gets another.
    public static final int MAX_GENERATIONS = 8;

    private final long size;
    private final int generation;
    private final UUID build;
    private final UUID base;
    private final List<Mapping> mappings;

    private MemoryIndex(long size, int generation, UUID build, UUID base, List<Mapping> mappings) {
        this.size = size;
        this.generation = generation;
        this.build = build;
        this.base = base;
        this.mappings = mappings;
    }

    /// An index of these mappings.
    ///
    /// @throws CorruptImageException when a rule is broken
    public static MemoryIndex of(
            long size, long generation, UUID build, UUID base, List<Mapping> mappings)
            throws CorruptImageException {
        if (size <= 0 || size % BLOCK != 0)
            throw new CorruptImageException("size: " + size + " (expected: whole blocks)");
        if (generation < 0 || generation >= MAX_GENERATIONS)
            throw new CorruptImageException(
                    "generation: " + generation + " (expected: 0.." + (MAX_GENERATIONS - 1) + ")");
        if (build.equals(Mapping.ZERO) || base.equals(Mapping.ZERO))
            throw new CorruptImageException("build: zero (expected: an id)");
        if (generation == 0 && !build.equals(base))
            throw new CorruptImageException("generation 0 has another base: " + base);
        long at = 0;
        Mapping previous = Mapping.zeros(0, 0);
        for (var next : mappings) {
            check(next, at, size);
            if (at > 0 && previous.continues(next))
                throw new CorruptImageException("not merged: mappings at " + next.offset());
            at = next.end();
            previous = next;
        }
        if (at != size)
            throw new CorruptImageException("mappings end at " + at + " (expected: " + size + ")");
        return new MemoryIndex(size, (int) generation, build, base, List.copyOf(mappings));
    }

    private static void check(Mapping next, long at, long size) throws CorruptImageException {
        if (next.offset() != at)
            throw new CorruptImageException(
                    "mapping at " + next.offset() + " (expected: at " + at + ")");
        if (next.length() <= 0 || next.length() % BLOCK != 0 || next.length() > size - at)
            throw new CorruptImageException(
                    "length at " + at + ": " + next.length() + " (expected: blocks inside size)");
        if (next.storage() < 0
                || next.storage() % BLOCK != 0
                || next.storage() > Long.MAX_VALUE - next.length())
            throw new CorruptImageException(
                    "storage at " + at + ": " + next.storage() + " (expected: whole blocks)");
        if (next.isZero() && next.storage() != 0)
            throw new CorruptImageException("zero range with storage at " + at);
    }

    /// Generation 0 of one part.
    ///
    /// @param runs sorted ranges with data; what they leave out is zero
    public static MemoryIndex first(long size, UUID build, List<Mapping> runs)
            throws CorruptImageException {
        var whole = new Merger();
        long at = 0;
        for (var run : runs) {
            if (run.offset() > at) whole.add(Mapping.zeros(at, run.offset() - at));
            whole.add(run);
            at = run.end();
        }
        if (at < size) whole.add(Mapping.zeros(at, size - at));
        return of(size, 0, build, build, whole.done());
    }

    /// This index with the changed ranges laid over it, one generation later.
    ///
    /// @param diff the part of the changed pages
    /// @param changes sorted, without overlap: data in `diff`, or zeros
    /// @throws CorruptImageException when the changes leave the memory, overlap, or name other
    ///   parts
    /// @throws IllegalStateException when the image must be merged first
    public MemoryIndex overlay(UUID diff, List<Mapping> changes) throws CorruptImageException {
        if (generation + 1 >= MAX_GENERATIONS)
            throw new IllegalStateException("generation: " + generation + " (expected: merged)");
        var whole = new Merger();
        int old = 0;
        long at = 0;
        for (var change : changes) {
            if (change.offset() < at || change.end() > size || change.length() <= 0)
                throw new CorruptImageException(
                        "change at " + change.offset() + " (expected: inside memory, sorted)");
            if (!change.isZero() && !change.build().equals(diff))
                throw new CorruptImageException("change in part " + change.build());
            old = copy(whole, old, at, change.offset());
            whole.add(change);
            at = change.end();
        }
        copy(whole, old, at, size);
        return of(size, generation + 1L, diff, base, whole.done());
    }

    /// This index with the changed ranges laid over it, all in one new flat part: generation 0,
    /// every byte stored at its own offset. The part is a clone of this one with the changes
    /// written in.
    ///
    /// @param changes as for [#overlay(UUID, List)], their storage equal to their offset
    /// @throws IllegalStateException when this index is not [#isFlat()]
    public MemoryIndex overlayFlat(UUID part, List<Mapping> changes) throws CorruptImageException {
        if (!isFlat()) throw new IllegalStateException("not flat: generation " + generation);
        var renamed = new ArrayList<Mapping>(mappings.size());
        for (var old : mappings)
            renamed.add(
                    old.isZero()
                            ? old
                            : new Mapping(old.offset(), old.length(), part, old.offset()));
        var clone = of(size, 0, part, part, renamed);
        var next = clone.overlay(part, changes);
        return of(size, 0, part, part, next.mappings);
    }

    /// True when one file can be mapped as the whole memory: every stored byte is in one part, at
    /// its own offset, and what is not stored there is zero.
    public boolean isFlat() {
        for (var mapping : mappings) {
            if (mapping.isZero()) continue;
            if (!mapping.build().equals(base) || mapping.storage() != mapping.offset())
                return false;
        }
        return generation == 0;
    }

    /// Copies this index's ranges of `from..to`, beginning at mapping number `index`.
    private int copy(Merger whole, int index, long from, long to) {
        int i = index;
        long at = from;
        while (at < to) {
            while (mappings.get(i).end() <= at) i++;
            var old = mappings.get(i);
            long end = Math.min(old.end(), to);
            whole.add(old.slice(at, end));
            at = end;
        }
        return i;
    }

    /// The mapping that holds a byte of guest memory; by binary search.
    ///
    /// @throws IndexOutOfBoundsException outside `0..size-1`
    public Mapping at(long offset) {
        if (offset < 0 || offset >= size)
            throw new IndexOutOfBoundsException(
                    "offset: " + offset + " (expected: < " + size + ")");
        int low = 0;
        int high = mappings.size() - 1;
        while (low < high) {
            int middle = (low + high + 1) >>> 1;
            if (mappings.get(middle).offset() <= offset) low = middle;
            else high = middle - 1;
        }
        return mappings.get(low);
    }

    /// Bytes of guest memory.
    public long size() {
        return size;
    }

    /// 0 for a first or merged image, else how many diffs lie over that.
    public int generation() {
        return generation;
    }

    /// The part this generation added.
    public UUID build() {
        return build;
    }

    /// The part of generation 0.
    public UUID base() {
        return base;
    }

    /// All ranges in order.
    public List<Mapping> mappings() {
        return mappings;
    }

    /// Every part some range needs, in order of first use.
    public Set<UUID> parts() {
        var parts = new LinkedHashSet<UUID>();
        for (var mapping : mappings) if (!mapping.isZero()) parts.add(mapping.build());
        return Collections.unmodifiableSet(parts);
    }

    /// Bytes that have storage.
    public long stored() {
        long bytes = 0;
        for (var mapping : mappings) if (!mapping.isZero()) bytes += mapping.length();
        return bytes;
    }

    /// Joins neighbours while a list of mappings grows.
    private static final class Merger {
        private final List<Mapping> merged = new ArrayList<>();

        void add(Mapping next) {
            int last = merged.size() - 1;
            if (last >= 0 && merged.get(last).continues(next)) {
                var before = merged.get(last);
                merged.set(
                        last,
                        new Mapping(
                                before.offset(),
                                before.length() + next.length(),
                                before.build(),
                                before.storage()));
            } else {
                merged.add(next);
            }
        }

        List<Mapping> done() {
            return merged;
        }
    }
}
