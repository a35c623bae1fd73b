package dev.wrenn.host.capsule;

import dev.wrenn.host.memory.LoadedImage;
import dev.wrenn.host.memory.MemorySaver;
import dev.wrenn.host.memory.MemorySaver.Tracking;
import dev.wrenn.host.vmm.GuestRam;
import org.jspecify.annotations.Nullable;

/// Where the memory of a running VM comes from: what the next save needs to look only at what was
/// written since. Immutable.
///
/// @param kind how the VM got its memory
/// @param base the newest image that the VM's unwritten pages agree with; null for a VM that booted
///   and was never saved
/// @param exact whether the kernel's list of written pages began at `base`. It did not when a save
///   failed after reading the list, or when this agent did not start the VM: every page is compared
///   then
record Ancestry(Kind kind, @Nullable LoadedImage base, boolean exact) {
    /// Where a VM's memory came from when it started.
    enum Kind {
        /// Empty memory.
        FRESH,
        /// A private map of a flat image.
        FILE,
        /// Pages from the pager.
        PAGER
    }

    /// After a save that counts.
    Ancestry savedAs(LoadedImage image) {
        return new Ancestry(kind, image, true);
    }

    /// After a save that was given up.
    Ancestry uncertain() {
        return new Ancestry(kind, base, false);
    }

    Tracking tracking(GuestRam ram) {
        boolean listed = exact && ram.tracking();
        return switch (kind) {
            case FILE -> listed ? Tracking.PRIVATE_MAP_WRITTEN : Tracking.PRIVATE_MAP;
            case FRESH, PAGER -> listed ? Tracking.WRITTEN : Tracking.COMPARE;
        };
    }

    MemorySaver.@Nullable Base savedFrom() {
        return base == null ? null : base.base();
    }
}
