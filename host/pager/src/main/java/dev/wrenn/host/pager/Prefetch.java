package dev.wrenn.host.pager;

import dev.wrenn.host.linux.Fd;
import dev.wrenn.host.linux.Userfault;
import dev.wrenn.host.memory.CorruptImageException;

/// Brings in a recorded working set ahead of the guest, in the order the guest once needed it.
/// Bounded by the record; ends early when the VM ends. Runs on a platform thread of its own.
final class Prefetch {
    private final Fd userfault;
    private final GuestPages pages;
    private final int[] clusters;
    private volatile boolean stopped;
    private volatile int done;

    /// @param clusters pages whose whole clusters are wanted
    Prefetch(Fd userfault, GuestPages pages, int[] clusters) {
        this.userfault = userfault;
        this.pages = pages;
        this.clusters = clusters;
    }

    void stop() {
        stopped = true;
    }

    /// Clusters brought in so far, or found to be there.
    int done() {
        return done;
    }

    void run() throws CorruptImageException {
        try (var fault = Userfault.on(userfault)) {
            for (int page : clusters) {
                int first = page - page % FaultLoop.CLUSTER;
                var region = pages.regionOfPage(first);
                if (region == null) continue;
                var filled = GuestPages.Filled.AGAIN;
                long address = pages.address(region, first);
                while (!stopped && filled == GuestPages.Filled.AGAIN) {
                    filled = pages.fill(fault, region, address, FaultLoop.CLUSTER, address);
                    if (filled == GuestPages.Filled.AGAIN)
                        Thread.onSpinWait(); // the fault loop is about to read the event
                }
                if (stopped || filled == GuestPages.Filled.GONE) return;
                done++;
            }
        }
    }
}
