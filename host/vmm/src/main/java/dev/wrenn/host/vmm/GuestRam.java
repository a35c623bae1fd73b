package dev.wrenn.host.vmm;

/// The guest's RAM in the VMM's address space, one range for any size.
///
/// @param hostAddress where it begins in the VMM, a multiple of 4096
/// @param size bytes, a multiple of 4096
/// @param tracking whether the kernel notes which pages are written. A scan for them begins a new
///   list: what it found is lost when the save does not succeed, so that the next save must look at
///   all pages instead. The same holds for a VM adopted while nobody knows how its last save ended
public record GuestRam(long hostAddress, long size, boolean tracking) {
    public GuestRam {
        if (hostAddress <= 0 || hostAddress % 4096 != 0 || size <= 0 || size % 4096 != 0)
            throw new IllegalArgumentException(
                    "guest RAM: " + hostAddress + "+" + size + " (expected: whole pages)");
    }
}
