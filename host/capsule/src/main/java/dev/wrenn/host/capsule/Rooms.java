package dev.wrenn.host.capsule;

import dev.wrenn.common.model.MemorySize;
import dev.wrenn.common.model.TeamId;
import dev.wrenn.common.model.TemplateId;
import dev.wrenn.common.runtime.Secret;
import dev.wrenn.host.disk.KernelImage;
import dev.wrenn.host.disk.TemplateImage;
import dev.wrenn.host.guest.GuestClient;
import dev.wrenn.host.linux.Fd;
import dev.wrenn.host.network.Slot;
import dev.wrenn.host.vmm.Vmm;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/// The rooms below, as capsules use them.
public record Rooms(Network network, Storage storage, Vmm vmm, Guests guests, Strays strays) {
    /// Network slots, as in `host/network`. Thread-safe.
    public interface Network {
        /// A slot that is ready.
        Slot take();

        /// Slots that a [#take()] would get at once.
        int ready();

        /// A slot that was in use before the agent restarted.
        Slot adopt(int index);

        /// Removes a slot, also one that is half there.
        void release(Slot slot);

        /// What [#sweep(Set)] would remove.
        Set<Integer> leftovers(Set<Integer> keep);

        /// Removes what an earlier life left, except `keep`.
        void sweep(Set<Integer> keep);

        /// A descriptor of the slot's tap, for the caller to close.
        Fd openTap(Slot slot);
    }

    /// Images and disks, as in `host/disk`. Thread-safe.
    public interface Storage {
        /// @return empty unless the template is complete
        Optional<TemplateImage> template(TeamId team, TemplateId template);

        /// Every complete template.
        List<TemplateImage> templates();

        /// The kernel that guests boot.
        KernelImage kernel();

        /// Makes `target` a private copy of the image.
        void clone(TemplateImage image, Path target, MemorySize size);

        /// Free space for new data.
        MemorySize free();

        /// @throws dev.wrenn.host.disk.DiskFullException when the reserve is not free
        void requireReserve();
    }

    /// Where guests are reached.
    public interface Guests {
        /// A client for the guest in this slot.
        GuestClient client(Slot slot, Secret token);
    }

    /// Processes that no record can name: started just before the agent was killed.
    public interface Strays {
        /// Kills every process with one of these user ids and waits until they are gone.
        void end(Set<Integer> uids);
    }
}
