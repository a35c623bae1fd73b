package dev.wrenn.host.capsule;

import dev.wrenn.common.model.Egress;
import dev.wrenn.common.model.MemorySize;
import dev.wrenn.common.model.TeamId;
import dev.wrenn.common.model.TemplateId;
import dev.wrenn.host.disk.ArrivingDisk;
import dev.wrenn.host.disk.ArrivingImage;
import dev.wrenn.host.disk.ChunkSource;
import dev.wrenn.host.disk.DiskOutline;
import dev.wrenn.host.disk.Disks;
import dev.wrenn.host.disk.Images;
import dev.wrenn.host.disk.KernelImage;
import dev.wrenn.host.disk.TemplateImage;
import dev.wrenn.host.guest.GuestClient;
import dev.wrenn.host.guest.GuestHttp;
import dev.wrenn.host.linux.Fd;
import dev.wrenn.host.memory.CorruptImageException;
import dev.wrenn.host.memory.ImageStore;
import dev.wrenn.host.memory.LoadedImage;
import dev.wrenn.host.memory.MemorySaver;
import dev.wrenn.host.memory.RamRegion;
import dev.wrenn.host.network.Denials;
import dev.wrenn.host.network.Slot;
import dev.wrenn.host.network.Slots;
import dev.wrenn.host.vmm.GuestRam;
import dev.wrenn.host.vmm.VmProcess;
import dev.wrenn.host.vmm.Vmm;
import dev.wrenn.host.vmm.VmmException;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Path;
import java.time.Clock;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.LongConsumer;
import org.jspecify.annotations.Nullable;

/// The real rooms of a host.
public final class HostRooms {
    private HostRooms() {}

    /// Real slots, disks, VMM, pager and guests.
    ///
    /// @param dataDir the agent's data directory, where the pager listens
    public static Rooms of(
            Path dataDir,
            Slots slots,
            Images images,
            Disks disks,
            Vmm vmm,
            GuestHttp http,
            Clock clock) {
        return new Rooms(
                network(slots),
                storage(images, disks),
                vmm,
                memory(),
                new PagerLink(dataDir),
                guests(http, clock),
                new ProcStrays());
    }

    /// Memory of real processes.
    public static Rooms.Memory memory() {
        var saver = new MemorySaver();
        return new Rooms.Memory() {
            @Override
            public MemorySaver.Copied copy(
                    VmProcess vm,
                    MemorySaver.@Nullable Base base,
                    MemorySaver.Tracking tracking,
                    Path file,
                    boolean flat)
                    throws IOException, CorruptImageException {
                boolean all =
                        tracking == MemorySaver.Tracking.COMPARE
                                || tracking == MemorySaver.Tracking.PRIVATE_MAP;
                var dump = vm.dump(all);
                if (dump.isPresent()) {
                    long size = ram(vm).size();
                    return saver.dumped(dump.get(), size, base, tracking, file, flat);
                }
                return saver.copy(vm.record().pid(), regions(vm), base, tracking, file, flat);
            }

            @Override
            public void prepare(VmProcess vm, MemorySaver.Tracking tracking) {
                if (ram(vm).isDumped()) return;
                saver.prepare(vm.record().pid(), regions(vm), tracking);
            }

            private static List<RamRegion> regions(VmProcess vm) {
                var ram = ram(vm);
                return List.of(new RamRegion(ram.hostAddress(), ram.size(), 0));
            }

            private static GuestRam ram(VmProcess vm) {
                return vm.ram().orElseThrow(() -> new VmmException("the VM has ended"));
            }

            @Override
            public void verify(LoadedImage image) throws IOException, CorruptImageException {
                ImageStore.verify(image);
            }
        };
    }

    /// Guests at the address of their slot.
    public static Rooms.Guests guests(GuestHttp http, Clock clock) {
        return (slot, token) -> new GuestClient(http, address(slot), token, clock);
    }

    /// Images and disks below one data directory.
    public static Rooms.Storage storage(Images images, Disks disks) {
        return new Rooms.Storage() {
            @Override
            public Optional<TemplateImage> template(TeamId team, TemplateId template) {
                return images.template(team, template);
            }

            @Override
            public List<TemplateImage> templates() {
                return images.ready();
            }

            @Override
            public KernelImage kernel() {
                return images.kernel();
            }

            @Override
            public Path snapshot(TeamId team, TemplateId template) {
                return images.snapshot(team, template);
            }

            @Override
            public void publish(Path disk, TeamId team, TemplateId template) {
                images.publish(disks, disk, team, template);
            }

            @Override
            public void unpublish(TeamId team, TemplateId template) {
                images.remove(team, template);
            }

            @Override
            public ArrivingImage arriving(
                    Path directory,
                    TeamId team,
                    TemplateId template,
                    @Nullable DiskOutline outline,
                    ChunkSource source,
                    LongConsumer meter)
                    throws IOException {
                return ArrivingImage.open(
                        directory,
                        template,
                        images.snapshot(team, template),
                        outline,
                        source,
                        disks,
                        meter);
            }

            @Override
            public ArrivingDisk serve(Path target, MemorySize size, ArrivingImage image)
                    throws IOException {
                return ArrivingDisk.make(target, size, image, disks);
            }

            @Override
            public ArrivingDisk serveAgain(Path disk, Optional<ArrivingImage> image)
                    throws IOException {
                return ArrivingDisk.again(disk, image, disks);
            }

            @Override
            public void clone(Path disk, Path target, MemorySize size) {
                disks.cloneImage(disk, target, size);
            }

            @Override
            public void flush(Path disk) {
                disks.flush(disk);
            }

            @Override
            public long allocated(Path file) {
                return disks.allocated(file);
            }

            @Override
            public long occupied(Path file) {
                return disks.occupied(file);
            }

            @Override
            public boolean sharesBlocks() {
                return disks.reflink();
            }

            @Override
            public MemorySize free() {
                return disks.free();
            }

            @Override
            public void requireReserve() {
                disks.requireFree(new MemorySize(0));
            }
        };
    }

    private static Rooms.Network network(Slots slots) {
        return new Rooms.Network() {
            @Override
            public Slot take() {
                return slots.take();
            }

            @Override
            public int ready() {
                return slots.ready();
            }

            @Override
            public Slot adopt(int index) {
                return slots.adopt(index);
            }

            @Override
            public void release(Slot slot) {
                slots.release(slot);
            }

            @Override
            public Set<Integer> leftovers(Set<Integer> keep) {
                return slots.leftovers(keep);
            }

            @Override
            public void sweep(Set<Integer> keep) {
                slots.sweep(keep);
            }

            @Override
            public Fd openTap(Slot slot) {
                return slots.openTap(slot);
            }

            @Override
            public void apply(Slot slot, Egress egress) {
                slots.apply(slot, egress);
            }

            @Override
            public void restore(Slot slot, Egress egress) {
                slots.restore(slot, egress);
            }

            @Override
            public Denials denials(Slot slot) {
                return slots.denials(slot);
            }
        };
    }

    private static URI address(Slot slot) {
        return URI.create("http://" + slot.hostIp().getHostAddress() + ":" + GuestClient.PORT);
    }
}
