package dev.wrenn.control.domain.images;

import dev.wrenn.common.model.CapsuleId;
import dev.wrenn.common.model.HostId;
import dev.wrenn.common.model.TemplateId;
import dev.wrenn.control.domain.capsules.CapsuleRow;
import dev.wrenn.control.domain.capsules.Carrier;
import dev.wrenn.control.domain.hosts.BootOrder;
import dev.wrenn.control.domain.hosts.HostAnswer;
import dev.wrenn.control.domain.hosts.HostClient;
import dev.wrenn.control.domain.hosts.HostFault;
import dev.wrenn.control.domain.hosts.ImageName;
import dev.wrenn.control.domain.hosts.ImageSink;
import dev.wrenn.control.domain.hosts.TransferException;
import java.time.Duration;
import java.util.HexFormat;
import java.util.Optional;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Brings published images to hosts. Memory: some chunks, whatever the image's size. Thread-safe.
public final class ImageTransfers implements Carrier {
    private static final Logger LOG = LoggerFactory.getLogger(ImageTransfers.class);

    /// Chunks that are fetched ahead of the one that is sent.
    private static final int AHEAD = 8;

    private static final Duration FETCH = Duration.ofSeconds(20);
    private static final Duration REMOVE = Duration.ofSeconds(30);

    private final SavedImages images;
    private final TemplateImages templates;
    private final ObjectStore objects;

    public ImageTransfers(SavedImages images, TemplateImages templates, ObjectStore objects) {
        this.images = images;
        this.templates = templates;
        this.objects = objects;
    }

    @Override
    public boolean has(CapsuleId id) {
        return images.current(id).isPresent();
    }

    @Override
    public void doubt(CapsuleRow row) {
        images.doubt(row.id(), row.host());
    }

    @Override
    public Brought bring(CapsuleRow row, BootOrder as, HostClient to) throws InterruptedException {
        var manifest = images.current(row.id());
        if (manifest.isEmpty()) return new Brought.None();
        var name = new ImageName.OfCapsule(row.id());
        // From the last frame on the host may have it.
        Runnable before = () -> images.heldBy(row.id(), Optional.of(row.host()));
        var brought =
                bring(name, manifest.get(), row.host(), () -> to.images().takeOver(as), before);
        if (brought instanceof Brought.Failed(var fault, _) && fault == HostFault.INTERNAL)
            images.heldBy(row.id(), Optional.empty());
        return brought;
    }

    @Override
    public boolean has(TemplateId id) {
        return templates.current(id).isPresent();
    }

    @Override
    public Brought bringTemplate(CapsuleRow row, HostClient to) throws InterruptedException {
        var manifest = templates.current(row.template());
        if (manifest.isEmpty() || !templates.copying(row.template(), row.host()))
            return new Brought.None();
        var name = new ImageName.OfTemplate(row.templateTeam(), row.template());
        if (fetches(name, manifest.get(), to)) return new Brought.Done();
        var brought =
                bring(name, manifest.get(), row.host(), () -> to.images().take(name), () -> {});
        // Whoever deleted the template meanwhile may have asked the host too early.
        if (!templates.copying(row.template(), row.host()))
            to.deleteSnapshot(row.templateTeam(), row.template(), REMOVE);
        return brought;
    }

    /// Lets the host take the template itself, chunk by chunk, if both can do with that.
    private boolean fetches(ImageName.OfTemplate name, String manifest, HostClient to) {
        try {
            var keys = ImageKeys.of(name);
            var outline = Outline.parse(fetch(keys.manifest(manifest), manifest));
            if (!outline.isOnlyADisk()) return false;
            return switch (to.fetchTemplate(name.team(), name.id(), manifest, FETCH)) {
                case HostAnswer.Done<HostAnswer.Nothing> _ -> true;
                case HostAnswer.Refused<HostAnswer.Nothing>(var fault, var why) -> {
                    LOG.atInfo()
                            .addKeyValue("image", name.path())
                            .addKeyValue("fault", fault)
                            .log("given as a whole: {}", why);
                    yield false;
                }
            };
        } catch (ObjectStoreException | Outline.MalformedException e) {
            LOG.atWarn().addKeyValue("image", name.path()).setCause(e).log("given as a whole");
            return false;
        }
    }

    /// @param last is called before the host can have all of it
    private Brought bring(
            ImageName name, String manifest, HostId host, Supplier<ImageSink> open, Runnable last)
            throws InterruptedException {
        var keys = ImageKeys.of(name);
        long start = System.nanoTime();
        try {
            var outline = Outline.parse(fetch(keys.manifest(manifest), manifest));
            try (var sink = open.get()) {
                for (var file : outline.files()) send(file, keys, sink);
                last.run();
                sink.finish();
            }
            LOG.atInfo()
                    .addKeyValue("image", name.path())
                    .addKeyValue("host", host)
                    .addKeyValue("bytes", outline.bytes())
                    .addKeyValue("took_ms", (System.nanoTime() - start) / 1_000_000)
                    .log("image brought to a host");
            return new Brought.Done();
        } catch (TransferException e) {
            var words = String.valueOf(e.getMessage());
            LOG.atWarn()
                    .addKeyValue("image", name.path())
                    .addKeyValue("host", host)
                    .log("image not brought: {}", words);
            return new Brought.Failed(e.fault(), words);
        } catch (ObjectStoreException | Outline.MalformedException e) {
            LOG.atError().addKeyValue("image", name.path()).setCause(e).log("image not brought");
            return new Brought.Failed(
                    HostFault.INTERNAL, "its image cannot be read from the object store");
        }
    }

    private void send(Outline.File file, ImageKeys keys, ImageSink sink)
            throws InterruptedException {
        sink.file(file.name(), file.size());
        var chunks = file.chunks();
        try (var window = new Window<byte[]>(AHEAD)) {
            int asked = 0;
            for (var chunk : chunks) {
                while (asked < chunks.size() && !window.full()) {
                    var name = chunks.get(asked++).sha256();
                    window.add(() -> fetch(keys.chunk(name), name));
                }
                var bytes = window.next();
                sink.chunk(chunk.offset(), HexFormat.of().parseHex(chunk.sha256()), bytes);
            }
        }
    }

    /// @param sha256 that the object must have
    private byte[] fetch(String key, String sha256) {
        var bytes =
                objects.get(key).orElseThrow(() -> new ObjectStoreException("there is no " + key));
        if (!Outline.sha256(bytes).equals(sha256))
            throw new ObjectStoreException(key + " does not match its sum");
        return bytes;
    }
}
