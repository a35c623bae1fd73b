package dev.wrenn.host.capsule;

import dev.wrenn.common.runtime.Secret;
import dev.wrenn.host.memory.CorruptImageException;
import dev.wrenn.host.memory.ImageStore;
import dev.wrenn.host.memory.LoadedImage;
import dev.wrenn.host.memory.MemorySaver.Copied;
import dev.wrenn.host.memory.MemorySaver.Saved;
import dev.wrenn.host.vmm.VmProcess;
import dev.wrenn.host.vmm.VmmException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// One save of a running VM: memory, devices and disk of one instant as the capsule's next image. A
/// step in the capsule's mailbox: [#take(boolean)], perhaps [#goOn()], [#publish()]. Closing one
/// that was not published undoes it: the VM goes on, the draft is removed.
///
/// Cost while the VM is stopped: what was written since the last save is read once, two commands to
/// the VMM, one clone or link of the disk. It is written behind that.
final class Save implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Save.class);

    private final Capsule capsule;
    private final House house;
    private final VmProcess vm;
    private final int number;
    private final ImageStore.Draft draft;
    private final Stopwatch watch = new Stopwatch();
    private long stoppedAt;
    private long blackoutNanos;
    private boolean stopped;
    private boolean listRead; // of written pages
    private boolean published;
    private @Nullable Copied copied;
    private @Nullable Saved saved;

    private Save(Capsule capsule, VmProcess vm, int number, ImageStore.Draft draft) {
        this.capsule = capsule;
        this.house = capsule.house;
        this.vm = vm;
        this.number = number;
        this.draft = draft;
    }

    /// @throws IOException when the draft cannot be made
    static Save begin(Capsule capsule) throws IOException {
        var vm = capsule.vm();
        if (vm == null) throw new CapsuleException("there is no VM");
        int number = capsule.record().nextImage();
        var images = capsule.house.images();
        images.directory(capsule.id);
        return new Save(capsule, vm, number, ImageStore.begin(images.at(capsule.id, number)));
    }

    /// Stops the VM and copies what must be of one instant.
    ///
    /// @param last true when the VM will not run again: its disk becomes the image's as it is
    void take(boolean last) throws IOException, CorruptImageException {
        var disk = house.records().directory(capsule.id).resolve(FileRecords.DISK);
        if (!last) house.rooms().storage().flush(disk);
        watch.lap("flush");
        var ancestry = capsule.ancestry();
        var ram = vm.ram().orElseThrow(() -> new VmmException("the VM has ended"));
        var tracking = ancestry.tracking(ram);
        house.rooms().memory().prepare(vm, tracking);
        watch.lap("prepare");
        stoppedAt = System.nanoTime();
        stopped = true; // also when the answer is lost
        vm.pause();
        watch.lap("stop");
        vm.saveDeviceState(draft.deviceState());
        watch.lap("device_state");
        listRead = true;
        copied =
                house.rooms()
                        .memory()
                        .copy(
                                vm,
                                ancestry.savedFrom(),
                                tracking,
                                draft.memory(),
                                ancestry.base() == null || house.rooms().storage().sharesBlocks());
        watch.lap("memory");
        if (last) Files.createLink(draft.disk(), disk);
        else
            house.rooms()
                    .storage()
                    .clone(disk, draft.disk(), new dev.wrenn.common.model.MemorySize(0));
        watch.lap("disk");
        blackoutNanos = System.nanoTime() - stoppedAt;
    }

    /// Lets the VM run again.
    void goOn() {
        vm.resume();
        stopped = false;
        blackoutNanos = System.nanoTime() - stoppedAt;
        watch.lap("go_on");
    }

    /// Makes the image durable; it counts once the capsule's record names it.
    ///
    /// @param token what the guest asks of everyone in this image; empty before its first `/init`
    /// @return number and content of the image
    LoadedImage publish(Optional<Secret> token) throws IOException, CorruptImageException {
        var pages = copied;
        if (pages == null) throw new IllegalStateException("nothing was taken");
        var what = pages.write();
        saved = what;
        watch.lap("write");
        var record = capsule.record();
        new ImageNotes(token, record.metadata()).write(draft.notes());
        var image =
                draft.publish(
                        what,
                        capsule.ancestry().base(),
                        record.request().spec().vcpus(),
                        house.rooms().vmm().machine(),
                        house.clock().millis());
        published = true;
        watch.lap("publish");
        return image;
    }

    int number() {
        return number;
    }

    /// For the capsule's metadata and the meters; after [#publish].
    Map<String, String> report(String kind) {
        watch.laps().forEach((phase, span) -> house.meters().save(phase, span));
        var blackout = java.time.Duration.ofNanos(blackoutNanos);
        house.meters().save("blackout", blackout);
        house.meters().save("total", watch.total());
        house.meters().saved(kind, "done");
        LOG.atInfo()
                .addKeyValue("capsule", capsule.id)
                .addKeyValue("kind", kind)
                .addKeyValue("blackout_us", blackout.toNanos() / 1000)
                .addKeyValue("pages", saved == null ? 0 : saved.scannedPages())
                .addKeyValue("phases_ms", watch)
                .log("saved");
        return Map.of(
                "pause_blackout_us", Long.toString(blackout.toNanos() / 1000),
                "pause_total_us", Long.toString(watch.total().toNanos() / 1000));
    }

    /// Allocated bytes of an image, shared or not.
    static long bytes(House house, LoadedImage image) {
        long bytes = image.index().stored();
        for (Path file : new Path[] {image.disk(), image.deviceState()})
            bytes += house.rooms().storage().allocated(file);
        return bytes;
    }

    @Override
    public void close() {
        var pages = copied;
        if (pages != null) pages.close();
        if (published) return;
        if (listRead) capsule.descendFrom(capsule.ancestry().uncertain());
        if (stopped && vm.isAlive()) {
            try {
                vm.resume();
            } catch (VmmException e) {
                // a VM that cannot go on must not stand still for ever: its end is noticed
                LOG.atError().addKeyValue("capsule", capsule.id).setCause(e).log("cannot go on");
                vm.kill();
            }
        }
        try {
            draft.close();
        } catch (IOException e) {
            LOG.atWarn()
                    .addKeyValue("capsule", capsule.id)
                    .setCause(e)
                    .log("draft of an image is left until the next save");
        }
    }
}
