package dev.wrenn.host.vmm;

/// The guest's RAM: one range in the VMM's address space for any size, or pages that the VMM hands
/// out by itself.
///
/// @param hostAddress where it begins in the VMM, a multiple of 4096; 0 when the VMM writes its
///   pages itself, see [VmProcess#dump(boolean)]
/// @param size bytes, a multiple of 4096
/// @param tracking whether the kernel notes which pages are written. A scan for them begins a new
///   list: what it found is lost when the save does not succeed, so that the next save must look at
///   all pages instead. The same holds for a VM adopted while nobody knows how its last save ended
public record GuestRam(long hostAddress, long size, boolean tracking) {
    public GuestRam {
        if (hostAddress < 0 || hostAddress % 4096 != 0 || size <= 0 || size % 4096 != 0)
            throw new IllegalArgumentException(
                    "guest RAM: " + hostAddress + "+" + size + " (expected: whole pages)");
    }

    /// Memory whose pages the VMM writes itself, together with the list of those that were written.
    static GuestRam dumped(long size) {
        return new GuestRam(0, size, true);
    }

    /// True when [VmProcess#dump(boolean)] gives the pages.
    public boolean isDumped() {
        return hostAddress == 0;
    }
}
