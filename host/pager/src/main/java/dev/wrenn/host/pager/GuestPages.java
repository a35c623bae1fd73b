package dev.wrenn.host.pager;

import dev.wrenn.host.linux.ErrnoException;
import dev.wrenn.host.linux.Userfault;
import dev.wrenn.host.memory.CorruptImageException;
import dev.wrenn.host.memory.MemoryIndex;
import dev.wrenn.host.memory.PageSource;
import dev.wrenn.host.memory.RamRegion;
import java.util.BitSet;
import java.util.List;

/// The guest memory of one VM as the pager fills it: which page is in, which was given back, and
/// the calls that fill. The fault loop and the prefetch share one; all methods take its lock, so
/// that a page given back between a decision and its copy cannot come back with old content.
final class GuestPages {
    private static final int PAGE = MemoryIndex.BLOCK;

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
    private final long zeroPage; // address of a page of zeros in this process
    private boolean writeProtect = true;

    GuestPages(List<RamRegion> regions, PageSource source, long zeroPage) {
        this.regions = regions;
        this.source = source;
        this.zeroPage = zeroPage;
        int pages = Math.toIntExact(source.index().size() / PAGE);
        this.installed = new BitSet(pages);
        this.removed = new BitSet(pages);
    }

    /// The region that holds an address of the VMM; null when none does.
    @org.jspecify.annotations.Nullable
    RamRegion region(long address) {
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

    /// Fills the page at `address` and the missing ones behind it, up to `pages` in all.
    synchronized Filled fill(Userfault fault, RamRegion region, long address, int pages)
            throws CorruptImageException {
        long at = address;
        long end = Math.min(address + (long) pages * PAGE, region.hostAddress() + region.size());
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
                if (at == address) fault.wake(at, PAGE); // whoever faulted there must look again
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

    /// One copy: as many pages as are missing, stored side by side and checked.
    private long copy(Userfault fault, RamRegion region, long at, int page, long end)
            throws CorruptImageException {
        long offset = (long) page * PAGE;
        if (removed.get(page)) return zero(fault, at);
        var first = source.verified(offset);
        if (first == null) return zero(fault, at);
        long length = PAGE;
        long room = Math.min(end - at, source.index().at(offset).end() - offset);
        while (length < room) {
            int next = page + (int) (length / PAGE);
            if (installed.get(next) || removed.get(next)) break;
            source.verified(offset + length);
            length += PAGE;
        }
        return fault.copy(at, first.address(), length, writeProtect);
    }

    /// With write protection a page of zeros must be copied: UFFDIO_ZEROPAGE cannot protect it.
    private long zero(Userfault fault, long at) {
        return writeProtect ? fault.copy(at, zeroPage, PAGE, true) : fault.zero(at, PAGE);
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
    @org.jspecify.annotations.Nullable
    RamRegion regionOfPage(int page) {
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
