package dev.wrenn.host.pager;

import dev.wrenn.host.linux.ErrnoException;
import dev.wrenn.host.linux.Userfault;
import dev.wrenn.host.memory.CorruptImageException;
import dev.wrenn.host.memory.Mapping;
import dev.wrenn.host.memory.MemoryIndex;
import dev.wrenn.host.memory.PageSource;
import dev.wrenn.host.memory.RamRegion;
import java.util.BitSet;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/// The guest memory of one VM as the pager fills it: which page is in, which was given back, and
/// the calls that fill. The fault loop and the prefetch share one; all methods take its lock, so
/// that a page given back between a decision and its copy cannot come back with old content.
final class GuestPages {
    private static final int PAGE = MemoryIndex.BLOCK;
    private static final long MOST_BYTES = (long) FaultLoop.CLUSTER * PAGE; // of zeros, too

    /// What an attempt to fill came to.
    enum Filled {
        /// The pages are there.
        DONE,
        /// Events must be read first.
        AGAIN,
        /// The VMM is gone.
        GONE
    }

    private final List<RamRegion> regions;
    private final PageSource source;
    private final BitSet installed;
    private final BitSet removed;
    private final VerifiedPages verified;
    private final long zeros; // address of a cluster of zeros in this process
    private UUID part = Mapping.ZERO; // the one whose address was asked for last
    private long partAddress; // where it is mapped in this process
    private boolean writeProtect = true;

    /// @param verified which pages of the source need not be checked again
    /// @param zeros address of [FaultLoop#CLUSTER] pages of zeros
    GuestPages(List<RamRegion> regions, PageSource source, VerifiedPages verified, long zeros) {
        this.regions = regions;
        this.source = source;
        this.verified = verified;
        this.zeros = zeros;
        int pages = Math.toIntExact(source.index().size() / PAGE);
        this.installed = new BitSet(pages);
        this.removed = new BitSet(pages);
    }

    /// The region that holds an address of the VMM; null when none does.
    @Nullable RamRegion region(long address) {
        for (int i = 0; i < regions.size(); i++) {
            var region = regions.get(i);
            if (address >= region.hostAddress() && address < region.hostAddress() + region.size())
                return region;
        }
        return null;
    }

    /// Notes that a range of the VMM's addresses was given back: it reads zeros from now on.
    synchronized void remove(long start, long end) {
        for (var region : regions) {
            long from = Math.max(start, region.hostAddress());
            long to = Math.min(end, region.hostAddress() + region.size());
            if (from >= to) continue;
            int first = page(region, from);
            int last = page(region, to - 1) + 1;
            installed.clear(first, last);
            removed.set(first, last);
        }
    }

    /// Fills those of `pages` pages from `first` on that are missing.
    ///
    /// @param asked address of the page that somebody waits for
    synchronized Filled fill(Userfault fault, RamRegion region, long first, int pages, long asked)
            throws CorruptImageException {
        long at = first;
        long end = Math.min(first + (long) pages * PAGE, region.hostAddress() + region.size());
        while (at < end) {
            int page = page(region, at);
            if (installed.get(page)) {
                at += PAGE;
                continue;
            }
            long result = copy(fault, region, at, page, end);
            if (result > 0) {
                int count = (int) (result / PAGE);
                installed.set(page, page + count);
                at += result;
            } else if (result == -ErrnoException.EEXIST) {
                installed.set(page);
                if (at == asked) fault.wake(at, PAGE); // whoever faulted there must look again
                at += PAGE;
            } else if (result == -ErrnoException.EAGAIN) {
                return Filled.AGAIN;
            } else if (result == -ErrnoException.ESRCH) {
                return Filled.GONE;
            } else if (result == -ErrnoException.EINVAL && writeProtect) {
                writeProtect = false; // this VMM does not track writes
            } else {
                throw new IllegalStateException("uffdio_copy: errno " + -result);
            }
        }
        return Filled.DONE;
    }

    /// One call: as many pages as are missing and of one kind; stored ones lie side by side and are
    /// checked.
    private long copy(Userfault fault, RamRegion region, long at, int page, long end)
            throws CorruptImageException {
        long offset = (long) page * PAGE;
        if (removed.get(page)) return zero(fault, at, PAGE);
        var mapping = source.index().at(offset);
        long room = Math.min(Math.min(end - at, mapping.end() - offset), MOST_BYTES);
        boolean stored = !mapping.isZero();
        if (stored) check(mapping, page);
        long length = PAGE;
        while (length < room) {
            int next = page + (int) (length / PAGE);
            if (installed.get(next) || removed.get(next)) break;
            if (stored) check(mapping, next);
            length += PAGE;
        }
        if (!stored) return zero(fault, at, length);
        long from = partAddress + mapping.storage() + (offset - mapping.offset());
        return fault.copy(at, from, length, writeProtect);
    }

    /// A page that does not match its sum is never copied. Learns where the page's part is mapped.
    private void check(Mapping mapping, int page) throws CorruptImageException {
        if (verified.has(page) && part.equals(mapping.build())) return;
        long offset = (long) page * PAGE;
        var content = source.verified(offset);
        if (content == null) throw new IllegalStateException("a stored page is zero");
        partAddress = content.address() - mapping.storage() - (offset - mapping.offset());
        part = mapping.build();
        verified.add(page);
    }

    /// With write protection zeros must be copied: UFFDIO_ZEROPAGE cannot protect them.
    private long zero(Userfault fault, long at, long length) {
        return writeProtect ? fault.copy(at, zeros, length, true) : fault.zero(at, length);
    }

    /// Address in the VMM of a page of guest memory.
    long address(RamRegion region, int page) {
        return region.hostAddress() + ((long) page * PAGE - region.offset());
    }

    /// Number of the page in guest memory.
    int page(RamRegion region, long address) {
        return (int) ((address - region.hostAddress() + region.offset()) / PAGE);
    }

    /// The region that holds a page of guest memory; null when none does.
    @Nullable RamRegion regionOfPage(int page) {
        long offset = (long) page * PAGE;
        for (var region : regions)
            if (offset >= region.offset() && offset < region.offset() + region.size())
                return region;
        return null;
    }

    /// All regions, for waking everybody.
    List<RamRegion> regions() {
        return regions;
    }
}
