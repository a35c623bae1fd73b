package dev.wrenn.host.capsule;

import dev.wrenn.common.model.CapsuleId;
import dev.wrenn.common.model.Egress;
import dev.wrenn.common.model.MemorySize;
import dev.wrenn.common.model.TeamId;
import dev.wrenn.common.model.TemplateId;
import dev.wrenn.common.runtime.Secret;
import dev.wrenn.host.disk.ArrivingDisk;
import dev.wrenn.host.disk.ArrivingImage;
import dev.wrenn.host.disk.ChunkSource;
import dev.wrenn.host.disk.DiskOutline;
import dev.wrenn.host.disk.KernelImage;
import dev.wrenn.host.disk.TemplateImage;
import dev.wrenn.host.guest.GuestClient;
import dev.wrenn.host.linux.Fd;
import dev.wrenn.host.memory.CorruptImageException;
import dev.wrenn.host.memory.LoadedImage;
import dev.wrenn.host.memory.MemorySaver.Base;
import dev.wrenn.host.memory.MemorySaver.Copied;
import dev.wrenn.host.memory.MemorySaver.Tracking;
import dev.wrenn.host.network.Denials;
import dev.wrenn.host.network.Slot;
import dev.wrenn.host.vmm.VmProcess;
import dev.wrenn.host.vmm.Vmm;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.LongConsumer;
import org.jspecify.annotations.Nullable;

/// The rooms below, as capsules use them.
public record Rooms(
        Network network,
        Storage storage,
        Vmm vmm,
        Memory memory,
        Pager pager,
        Guests guests,
        Strays strays) {
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

        /// Replaces the policies of a slot, also for what is open.
        void apply(Slot slot, Egress egress);

        /// The same for one that was adopted: rules that are there stay.
        void restore(Slot slot, Egress egress);

        /// What the rules of a slot have refused.
        Denials denials(Slot slot);
    }

    /// Images and disks, as in `host/disk`. Thread-safe.
    public interface Storage {
        /// @return empty unless the template is complete
        Optional<TemplateImage> template(TeamId team, TemplateId template);

        /// Every complete template.
        List<TemplateImage> templates();

        /// The kernel that guests boot.
        KernelImage kernel();

        /// The directory of a snapshot template, there or not.
        ///
        /// @throws IllegalArgumentException for a zero id: `minimal` is no snapshot
        Path snapshot(TeamId team, TemplateId template);

        /// Makes the disk of a VM that stands still a template that is only a disk: whole or not at
        /// all, and on disk when this returns.
        void publish(Path disk, TeamId team, TemplateId template);

        /// Removes the template that is only a disk, if it is there.
        void unpublish(TeamId team, TemplateId template);

        /// Begins to take a template that is only a disk, chunk by chunk, or goes on with it.
        ///
        /// @param directory of what has come
        /// @param outline null to go on with what is there
        /// @param meter told how many bytes came
        ArrivingImage arriving(
                Path directory,
                TeamId team,
                TemplateId template,
                @Nullable DiskOutline outline,
                ChunkSource source,
                LongConsumer meter)
                throws IOException;

        /// Makes `target` a private copy of a disk that still arrives, and serves it to a VM.
        ArrivingDisk serve(Path target, MemorySize size, ArrivingImage image) throws IOException;

        /// Serves such a copy of an earlier life again.
        ///
        /// @param image that still arrives; empty when all of it is here
        ArrivingDisk serveAgain(Path disk, Optional<ArrivingImage> image) throws IOException;

        /// Makes `target` a private copy of a disk.
        void clone(Path disk, Path target, MemorySize size);

        /// Writes what the host still holds in memory of a disk, so that a clone of it later has
        /// little to write.
        void flush(Path disk);

        /// Allocated bytes of a file.
        long allocated(Path file);

        /// The same as the file system counts it, at the cost of one look.
        long occupied(Path file);

        /// True where a clone shares blocks.
        boolean sharesBlocks();

        /// Free space for new data.
        MemorySize free();

        /// @throws dev.wrenn.host.disk.DiskFullException when the reserve is not free
        void requireReserve();
    }

    /// Guest memory in images, as in `host/memory`. Thread-safe.
    public interface Memory {
        /// Gets ready for a copy of a VM that runs, so that it stands still the shorter.
        void prepare(VmProcess vm, Tracking tracking);

        /// Copies the pages of a stopped VM that were written since the base; the VM may run on
        /// before they are written into `file`.
        ///
        /// @param flat whether the file may be a clone of the base's, all in one
        Copied copy(VmProcess vm, @Nullable Base base, Tracking tracking, Path file, boolean flat)
                throws IOException, CorruptImageException;

        /// Reads every stored page and compares its sum.
        void verify(LoadedImage image) throws IOException, CorruptImageException;
    }

    /// The process that serves pages of images, as in `host/pager`. Thread-safe.
    public interface Pager {
        /// Begins to serve one VM.
        ///
        /// @param hints directory for what is learnt about the order of its pages
        /// @throws CapsuleException when there is no pager, or it cannot use the image
        PagerSession open(CapsuleId id, Path image, Path hints);
    }

    /// The way to the pager for one VM; closing it changes nothing for the VM.
    public interface PagerSession extends AutoCloseable {
        /// The VMM's end of the handshake.
        Fd socket();

        /// Names the VMM, so that a later pager can take it over.
        void serves(int pid);

        @Override
        void close();
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
