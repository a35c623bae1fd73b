package dev.wrenn.host.capsule;

import dev.wrenn.common.model.TeamId;
import dev.wrenn.common.model.TemplateId;
import dev.wrenn.host.memory.CorruptImageException;
import dev.wrenn.host.memory.ImageChunks;
import dev.wrenn.host.memory.ImageStore;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.util.Objects;
import java.util.concurrent.ExecutionException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// A template, or a paused capsule, that comes from another host. Steps of the latter: image, whole
/// or not at all; then the record, which makes it a capsule of this host. A crash before leaves an
/// image without a record, which the next start removes.
final class Arrival {
    private static final Logger LOG = LoggerFactory.getLogger(Arrival.class);
    private static final int NUMBER = 0; // it is the first image here

    private final House house;

    Arrival(House house) {
        this.house = house;
    }

    /// @param request as the control plane knows it, in the life that was paused
    /// @param image as frames, see [ImageChunks#receive]
    CreateOutcome run(CapsuleRequest request, InputStream image) throws InterruptedException {
        var existing = house.capsules().get(request.id());
        if (existing != null) {
            long lives = existing.record().request().incarnation();
            if (Long.compareUnsigned(lives, request.incarnation()) >= 0)
                return new CreateOutcome.OtherIncarnation(lives);
            try {
                if (existing.destroy().get() instanceof DestroyOutcome.Failed(var cause))
                    return new CreateOutcome.Failed(cause);
            } catch (ExecutionException e) {
                throw new CapsuleException("step failed: " + e.getCause(), e);
            }
        }
        try {
            var capsule = new Capsule(house, receive(request, image), true);
            capsule.persist(capsule.record());
            house.capsules().put(capsule.id, capsule);
            capsule.settle();
            LOG.atInfo().addKeyValue("capsule", capsule.id).log("arrived from another host");
            return new CreateOutcome.Created(capsule.view());
        } catch (IOException | CorruptImageException | RuntimeException e) {
            LOG.atWarn().addKeyValue("capsule", request.id()).setCause(e).log("did not arrive");
            house.images().tidy(request.id(), null);
            return Full.isIt(e)
                    ? new CreateOutcome.DiskFull("the host's disk is full")
                    : new CreateOutcome.Failed(String.valueOf(e.getMessage()));
        }
    }

    /// A template that another host made. Whole or not there.
    SaveOutcome<Long> template(TeamId team, TemplateId template, InputStream frames) {
        var storage = house.rooms().storage();
        var directory = storage.snapshot(team, template);
        if (Files.exists(directory)) return new SaveOutcome.OtherIncarnation<>(0);
        try {
            Files.createDirectories(Objects.requireNonNull(directory.getParent()));
            ImageChunks.receive(
                    directory,
                    frames,
                    storage::requireReserve,
                    files -> {
                        if (ImageStore.exists(files)) ImageStore.load(files);
                    });
            var made = storage.template(team, template);
            if (made.isEmpty()) {
                ImageStore.remove(directory);
                throw new CorruptImageException("image of no template");
            }
            LOG.atInfo().addKeyValue("template", template).log("arrived from another host");
            return new SaveOutcome.Done<>(storage.allocated(made.get().rootfs()));
        } catch (IOException | CorruptImageException | RuntimeException e) {
            LOG.atWarn().addKeyValue("template", template).setCause(e).log("did not arrive");
            return Full.isIt(e)
                    ? new SaveOutcome.DiskFull<>("the host's disk is full")
                    : new SaveOutcome.Failed<>(String.valueOf(e.getMessage()));
        }
    }

    private CapsuleRecord receive(CapsuleRequest request, InputStream frames)
            throws IOException, CorruptImageException {
        var images = house.images();
        images.keepOnly(request.id(), null);
        images.directory(request.id());
        ImageChunks.receive(
                images.at(request.id(), NUMBER),
                frames,
                house.rooms().storage()::requireReserve,
                ImageStore::load);
        var image = images.load(request.id(), NUMBER);
        var spec = request.spec();
        if (image.manifest().vcpus() != spec.vcpus()
                || image.manifest().memoryBytes() != spec.memory().bytes())
            throw new CorruptImageException("image of a capsule of another size");
        var notes = ImageNotes.read(image);
        if (notes.token().isEmpty()) throw new CorruptImageException("image of no capsule");
        house.records().prepare(request.id());
        return CapsuleRecord.arrived(
                request,
                notes.token().get(),
                NUMBER,
                Save.bytes(house, image),
                notes.metadata(),
                house.clock().instant());
    }
}
