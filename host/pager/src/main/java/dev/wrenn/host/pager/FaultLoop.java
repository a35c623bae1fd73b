package dev.wrenn.host.pager;

import dev.wrenn.host.linux.ErrnoException;
import dev.wrenn.host.linux.Fd;
import dev.wrenn.host.linux.Userfault;
import dev.wrenn.host.memory.CorruptImageException;
import dev.wrenn.host.memory.MemoryIndex;

/// Answers the faults of one VM until the VM ends; runs on a platform thread of its own.
///
/// Cost of a fault: one poll, one read, one copy of the page, at most two of the cluster around it.
final class FaultLoop {
    /// Pages brought in by one fault: 64 KiB, where fewer faults outweigh what is copied for
    /// nothing.
    static final int CLUSTER = 16;

    private static final int PAGE = MemoryIndex.BLOCK;
    private static final long SECOND_NS = 1_000_000_000;

    private final Fd userfault;
    private final Fd hangup;
    private final GuestPages pages;
    private final WorkingSet.Recorder recorder;
    private final long[] queue = new long[64];
    private int queued;
    private final long began = System.nanoTime();
    private volatile long faults;
    private volatile long early;

    FaultLoop(Fd userfault, Fd hangup, GuestPages pages, WorkingSet.Recorder recorder) {
        this.userfault = userfault;
        this.hangup = hangup;
        this.pages = pages;
        this.recorder = recorder;
    }

    /// Faults answered so far.
    long faults() {
        return faults;
    }

    /// Those of them that came in the first second after this loop was made.
    long firstSecond() {
        return early;
    }

    /// Returns when the VMM hung up or is gone.
    ///
    /// @throws CorruptImageException when a page cannot be trusted; the VM must be stopped
    void run() throws CorruptImageException {
        try (var fault = Userfault.on(userfault)) {
            while (fault.await(hangup)) {
                if (!readEvents(fault) || !answer(fault)) return;
            }
        }
    }

    /// Reads what is there: removals are noted at once, faults are queued.
    ///
    /// @return false when the descriptor has ended
    private boolean readEvents(Userfault fault) {
        try {
            while (queued == 0) {
                int count = fault.read();
                if (count == 0) return true;
                for (int i = 0; i < count; i++) {
                    switch (fault.event(i)) {
                        case Userfault.PAGEFAULT -> queue[queued++] = fault.address(i);
                        case Userfault.REMOVE, Userfault.UNMAP ->
                                pages.remove(fault.start(i), fault.end(i));
                        default -> {
                            // forks and remaps are not asked for and cannot come
                        }
                    }
                }
            }
            return true;
        } catch (ErrnoException e) {
            if (e.errno() == ErrnoException.ESRCH || e.errno() == ErrnoException.EBADF)
                return false;
            throw e;
        }
    }

    private boolean answer(Userfault fault) throws CorruptImageException {
        int index = 0;
        while (index < queued) {
            long address = queue[index] & -PAGE;
            var region = pages.region(address);
            if (region == null) throw new IllegalStateException("fault outside of guest memory");
            int page = pages.page(region, address);
            int first = Math.max(page - page % CLUSTER, (int) (region.offset() / PAGE));
            // The page that is waited for goes first: the rest is checked and copied while its
            // reader is being woken, which takes longer than all of that.
            var filled = pages.fill(fault, region, address, 1, address);
            if (filled == GuestPages.Filled.DONE)
                filled =
                        pages.fill(
                                fault,
                                region,
                                pages.address(region, first),
                                CLUSTER - first % CLUSTER,
                                address);
            switch (filled) {
                case DONE -> {
                    count(page);
                    index++;
                }
                case AGAIN -> drainRemovals(fault);
                case GONE -> {
                    return false;
                }
            }
        }
        queued = 0;
        return true;
    }

    private void count(int page) {
        recorder.add(page);
        long now = faults + 1;
        faults = now; // one writer: no lost update
        if (System.nanoTime() - began < SECOND_NS) early = now;
    }

    /// A removal waits to be read and blocks every copy; faults read along with it come again when
    /// their pages are woken, so they may be left out here.
    private void drainRemovals(Userfault fault) {
        int count = fault.read();
        for (int i = 0; i < count; i++) {
            switch (fault.event(i)) {
                case Userfault.REMOVE, Userfault.UNMAP ->
                        pages.remove(fault.start(i), fault.end(i));
                case Userfault.PAGEFAULT -> fault.wake(fault.address(i) & -PAGE, PAGE);
                default -> {
                    // forks and remaps are not asked for and cannot come
                }
            }
        }
    }
}
