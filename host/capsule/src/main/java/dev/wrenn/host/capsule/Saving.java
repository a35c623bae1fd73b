package dev.wrenn.host.capsule;

import dev.wrenn.common.model.TeamId;
import dev.wrenn.common.model.TemplateId;
import dev.wrenn.host.disk.DiskFullException;
import dev.wrenn.host.memory.CorruptImageException;
import dev.wrenn.host.memory.ImageStore;
import dev.wrenn.host.memory.LoadedImage;
import dev.wrenn.host.memory.MemoryIndex;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Pauses and snapshots: steps in the capsule's mailbox. Whatever fails, the capsule is afterwards
/// what it was before, and its earlier image is whole.
final class Saving {
    private static final Logger LOG = LoggerFactory.getLogger(Saving.class);

    private static final Duration SYNC = Duration.ofMinutes(2);
    private static final Duration LAST_REQUESTS = Duration.ofSeconds(2);

    private final Capsule capsule;
    private final House house;

    Saving(Capsule capsule) {
        this.capsule = capsule;
        this.house = capsule.house;
    }

    /// From running to paused.
    ///
    /// Steps: record(pausing) → image → record(paused, image), durably → VM killed → slot released
    /// → disk and older image removed. The record decides: before it names the new image, a crash
    /// lets the VM run on; after it, the VM is a leftover.
    SaveOutcome<CapsuleView> pause(PauseReason why) {
        var phase = capsule.record().phase();
        if (phase == Phase.PAUSED) return new SaveOutcome.Done<>(capsule.view());
        if (phase != Phase.RUNNING) return new SaveOutcome.NotRunning<>(phase);
        try {
            Served.awaitFile(capsule);
        } catch (CapsuleException e) {
            house.meters().saved("pause", "failed");
            LOG.atWarn().addKeyValue("capsule", capsule.id).log("not paused: {}", e.getMessage());
            return failure(e);
        }
        capsule.force(capsule.record().pausing());
        try (var save = Save.begin(capsule)) {
            capsule.note(capsule.record());
            drain();
            hangUp("the capsule is being paused");
            save.take(true);
            var image = save.publish(Optional.of(capsule.record().token()));
            var how =
                    new CapsuleRecord.Pause(
                            why,
                            Save.bytes(house, image),
                            capsule.record().request().incarnation());
            capsule.persist(
                    capsule.record().withMetadata(save.report("pause")).paused(save.number(), how));
        } catch (IOException | CorruptImageException | RuntimeException e) {
            return givenUp(e);
        }
        return leave();
    }

    /// The image counts: the VM goes.
    private SaveOutcome<CapsuleView> leave() {
        try {
            var vm = capsule.vm();
            if (vm != null) vm.kill();
            capsule.letGo();
            house.records().removeDisk(capsule.id);
        } catch (RuntimeException e) { // a resume tries again before it begins
            LOG.atError().addKeyValue("capsule", capsule.id).setCause(e).log("VM is left");
        }
        merge();
        house.images().tidy(capsule.id, capsule.record().image());
        LOG.atInfo().addKeyValue("capsule", capsule.id).log("paused");
        return new SaveOutcome.Done<>(capsule.view());
    }

    /// Where blocks cannot be shared each save adds a generation; the last one before the limit is
    /// merged into one, so that there is always room for the next.
    private void merge() {
        var record = capsule.record();
        var number = record.image();
        var pause = record.pause();
        if (number == null || pause == null) return;
        try {
            var image = house.images().load(capsule.id, number);
            if (image.index().generation() < MemoryIndex.MAX_GENERATIONS - 1) return;
            ImageStore.merge(image, house.images().at(capsule.id, number + 1));
            capsule.persist(record.paused(number + 1, pause));
        } catch (IOException | CorruptImageException | RuntimeException e) {
            LOG.atError().addKeyValue("capsule", capsule.id).setCause(e).log("image not merged");
        }
    }

    private SaveOutcome<CapsuleView> givenUp(Exception e) {
        house.meters().saved("pause", "failed");
        LOG.atError().addKeyValue("capsule", capsule.id).setCause(e).log("not paused");
        var slot = capsule.slot();
        if (slot != null)
            capsule.talkTo(house.rooms().guests().client(slot, capsule.record().token()));
        var before = capsule.record().runningOn();
        try {
            capsule.note(before);
        } catch (
                RuntimeException
                        unwritten) { // what is on disk says pausing: the same, after a crash
            capsule.force(before);
        }
        house.images().tidy(capsule.id, capsule.record().image());
        return failure(e);
    }

    /// A template of a running or paused capsule.
    SaveOutcome<SnapshotView> snapshot(TeamId team, TemplateId template) {
        var target = house.rooms().storage().snapshot(team, template);
        var phase = capsule.record().phase();
        try {
            if (ImageStore.exists(target)) return view(ImageStore.load(target));
            return switch (phase) {
                case RUNNING -> {
                    Served.awaitFile(capsule);
                    Files.createDirectories(parent(target));
                    yield view(ImageStore.link(advance("snapshot"), target, true));
                }
                case PAUSED -> {
                    var number = capsule.record().image();
                    if (number == null) throw new CapsuleException("there is no image");
                    Files.createDirectories(parent(target));
                    var image = house.images().load(capsule.id, number);
                    yield view(ImageStore.link(image, target, true));
                }
                case BOOTING, PAUSING, RESUMING, STOPPED, DESTROYING ->
                        new SaveOutcome.NotRunning<>(phase);
            };
        } catch (IOException | CorruptImageException | RuntimeException e) {
            house.meters().saved("snapshot", "failed");
            LOG.atError().addKeyValue("capsule", capsule.id).setCause(e).log("no snapshot");
            return failure(e);
        }
    }

    /// Makes a template of the disk alone of a running capsule, which goes on. The guest writes
    /// what it holds back first and stands still for the clone, so that its file system is whole;
    /// what its journal holds the next boot's kernel replays. Nothing on the host reads it.
    ///
    /// @return allocated bytes
    SaveOutcome<Long> flatten(TeamId team, TemplateId template) {
        var storage = house.rooms().storage();
        var phase = capsule.record().phase();
        try {
            var there = storage.template(team, template);
            if (there.isPresent())
                return new SaveOutcome.Done<>(storage.allocated(there.get().rootfs()));
            if (phase != Phase.RUNNING) return new SaveOutcome.NotRunning<>(phase);
            Served.awaitFile(capsule);
            var vm = capsule.vm();
            var guest = capsule.guest();
            if (vm == null || guest == null) return new SaveOutcome.Failed<>("there is no VM");
            if (!guest.sync(SYNC))
                return new SaveOutcome.Failed<>("the guest did not write its disk back");
            var disk = house.records().directory(capsule.id).resolve(FileRecords.DISK);
            storage.flush(disk);
            vm.pause();
            try {
                storage.publish(disk, team, template);
            } finally {
                vm.resume();
            }
            var made = storage.template(team, template).orElseThrow();
            return new SaveOutcome.Done<>(storage.allocated(made.rootfs()));
        } catch (RuntimeException e) {
            house.meters().saved("flatten", "failed");
            LOG.atError().addKeyValue("capsule", capsule.id).setCause(e).log("not flattened");
            return failure(e);
        }
    }

    /// Saves a running VM that goes on; the image becomes the one its memory came from.
    private LoadedImage advance(String kind) throws IOException, CorruptImageException {
        try (var save = Save.begin(capsule)) {
            save.take(false);
            save.goOn();
            var image = save.publish(Optional.of(capsule.record().token()));
            capsule.note(capsule.record().withImage(save.number()).withMetadata(save.report(kind)));
            capsule.descendFrom(capsule.ancestry().savedAs(image));
            house.images().tidy(capsule.id, save.number());
            return image;
        }
    }

    private SaveOutcome<SnapshotView> view(LoadedImage image) throws IOException {
        var spec = capsule.record().request().spec();
        return new SaveOutcome.Done<>(
                new SnapshotView(
                        Save.bytes(house, image), spec, ImageNotes.read(image).metadata()));
    }

    /// Who talks to the guest's ports gets a moment to finish.
    private void drain() {
        var client = capsule.guest();
        if (client != null) client.ports().drain(LAST_REQUESTS);
    }

    /// Streams end before the VM stops, so that the guest knows about it.
    private void hangUp(String why) {
        var client = capsule.guest();
        if (client != null) client.close(why);
    }

    private static <T> SaveOutcome<T> failure(Exception e) {
        var words = String.valueOf(e.getMessage());
        return e instanceof DiskFullException || Full.isIt(e)
                ? new SaveOutcome.DiskFull<>("the host's disk is full")
                : new SaveOutcome.Failed<>(words);
    }

    private static Path parent(Path target) {
        var parent = target.getParent();
        if (parent == null) throw new IllegalArgumentException("no directory: " + target);
        return parent;
    }
}
