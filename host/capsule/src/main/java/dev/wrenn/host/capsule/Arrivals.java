package dev.wrenn.host.capsule;

import dev.wrenn.common.model.Base36;
import dev.wrenn.common.model.TeamId;
import dev.wrenn.common.model.TemplateId;
import dev.wrenn.common.runtime.Backoff;
import dev.wrenn.common.runtime.Deadline;
import dev.wrenn.host.disk.ArrivingDisk;
import dev.wrenn.host.disk.ArrivingImage;
import dev.wrenn.host.disk.ChunkSource;
import dev.wrenn.host.disk.DiskOutline;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Predicate;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Templates that arrive chunk by chunk: `{D}/arriving/{team}-{template}`. Capsules are made of
/// them meanwhile. Thread-safe.
final class Arrivals implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Arrivals.class);
    private static final Duration OUTLINE = Duration.ofSeconds(10);
    private static final Duration FIRST_PAUSE = Duration.ofMillis(100);
    private static final Duration LONGEST_PAUSE = Duration.ofSeconds(1);

    /// How long capsules that need the rest keep a template from being removed.
    private static final Duration REST = Duration.ofSeconds(20);

    private final Path root;
    private final Rooms.Storage storage;
    private final ChunkSource source;
    private final CapsuleMeters meters;
    private final boolean possible;
    private final Map<Name, ArrivingImage> images = new ConcurrentHashMap<>();
    private volatile boolean closing;

    private record Name(TeamId team, TemplateId template) {
        @Override
        public String toString() {
            return team.base36() + "-" + template.base36();
        }
    }

    Arrivals(
            Path dataDir,
            Rooms.Storage storage,
            boolean served,
            ChunkSource source,
            CapsuleMeters meters) {
        this.root = dataDir.resolve("arriving");
        this.storage = storage;
        this.source = source;
        this.meters = meters;
        var longest = dataDir.resolve("sandboxes/cl-0123456789012345678901234");
        this.possible = served && ArrivingDisk.fits(longest.resolve(FileRecords.DISK));
    }

    /// Goes on with what an earlier life left; before anything else.
    void recover() {
        if (!Files.isDirectory(root)) return;
        List<Path> left;
        try (var entries = Files.list(root)) {
            left = entries.toList();
        } catch (IOException e) {
            throw new CapsuleException("arriving templates cannot be listed", e);
        }
        for (var directory : left) {
            try {
                var name = name(directory);
                if (name.isEmpty()) {
                    LOG.atWarn().addKeyValue("name", directory).log("no template, left alone");
                } else if (storage.template(name.get().team, name.get().template).isPresent()) {
                    removeFiles(directory);
                } else {
                    open(name.get(), null);
                }
            } catch (IOException e) {
                LOG.atWarn().addKeyValue("name", directory).setCause(e).log("begins anew");
                removeFiles(directory);
            }
        }
    }

    private static Optional<Name> name(Path directory) {
        var words = directory.getFileName().toString().split("-", -1);
        if (words.length != 2) return Optional.empty();
        var team = Base36.decode(words[0]);
        var template = Base36.decode(words[1]);
        if (team.isEmpty() || template.isEmpty()) return Optional.empty();
        return Optional.of(new Name(new TeamId(team.get()), new TemplateId(template.get())));
    }

    /// Begins to take a template, unless it is here or on its way.
    ///
    /// @param sha256 of its outline
    /// @return bytes of its disk; [SaveOutcome.Failed] when this host, or this template, cannot be
    ///   brought that way
    SaveOutcome<Long> begin(TeamId team, TemplateId template, String sha256)
            throws InterruptedException {
        var name = new Name(team, template);
        if (storage.template(team, template).isPresent()) return new SaveOutcome.Done<>(0L);
        var there = images.get(name);
        if (there != null) return new SaveOutcome.Done<>(there.outline().bytes());
        if (!possible) return new SaveOutcome.Failed<>("this host takes templates as a whole only");
        try {
            storage.requireReserve();
            var text = outline(template);
            if (!DiskOutline.sha256(text).equals(sha256))
                return new SaveOutcome.Failed<>("the outline does not match its sum");
            var outline = DiskOutline.parse(text);
            if (outline.isEmpty()) return new SaveOutcome.Failed<>("it is more than a disk");
            synchronized (images) {
                if (images.get(name) == null) open(name, outline.get());
            }
            return new SaveOutcome.Done<>(outline.get().bytes());
        } catch (IOException | RuntimeException e) {
            LOG.atWarn().addKeyValue("template", template).setCause(e).log("does not arrive");
            return Full.isIt(e)
                    ? new SaveOutcome.DiskFull<>("the host's disk is full")
                    : new SaveOutcome.Failed<>(String.valueOf(e.getMessage()));
        }
    }

    private byte[] outline(TemplateId template) throws IOException, InterruptedException {
        var deadline = Deadline.after(OUTLINE);
        var backoff = new Backoff(FIRST_PAUSE, LONGEST_PAUSE, RandomGenerator.getDefault());
        while (true) {
            try {
                return source.outline(template);
            } catch (ChunkSource.GoneException e) {
                throw e;
            } catch (IOException e) {
                if (deadline.passed()) throw e;
                Thread.sleep(backoff.next());
            }
        }
    }

    private void open(Name name, @Nullable DiskOutline outline) throws IOException {
        var target = storage.snapshot(name.team, name.template);
        Files.createDirectories(Objects.requireNonNull(target.getParent()));
        var image =
                storage.arriving(
                        root.resolve(name.toString()),
                        name.team,
                        name.template,
                        outline,
                        source,
                        meters::arrived);
        images.put(name, image);
        var _ =
                image.whole()
                        .whenComplete((_, _) -> {
                            if (!closing) Thread.ofVirtual().start(() -> over(name, image));
                        });
    }

    /// It is a template like any other now, or will never be one.
    private void over(Name name, ArrivingImage image) {
        try {
            images.remove(name, image);
            image.remove();
        } catch (IOException e) {
            LOG.atWarn().addKeyValue("template", name).setCause(e).log("files are left");
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /// A template that is on its way.
    Optional<ArrivingImage> find(TeamId team, TemplateId template) {
        return Optional.ofNullable(images.get(new Name(team, template)));
    }

    /// Takes no more of a template, after those capsules that need the rest, if that is soon.
    ///
    /// @param needed whether capsules were made of it that need the rest
    void drop(TeamId team, TemplateId template, Predicate<ArrivingImage> needed)
            throws InterruptedException {
        var name = new Name(team, template);
        var image = images.get(name);
        if (image == null) return;
        try {
            if (needed.test(image)) image.whole().get(REST.toMillis(), TimeUnit.MILLISECONDS);
        } catch (TimeoutException | ExecutionException e) {
            LOG.atWarn()
                    .addKeyValue("template", template)
                    .log("removed before all of it was here: capsules end");
        }
        images.remove(name, image);
        try {
            image.remove();
        } catch (IOException e) {
            throw new CapsuleException("arriving template cannot be removed", e);
        }
    }

    private static void removeFiles(Path directory) {
        try (var files = Files.list(directory)) {
            for (var file : files.toList()) Files.deleteIfExists(file);
            Files.deleteIfExists(directory);
        } catch (IOException e) {
            LOG.atWarn().addKeyValue("name", directory).setCause(e).log("files are left");
        }
    }

    /// Takes no more in this life; what is here stays for the next.
    @Override
    public void close() {
        closing = true;
        images.values().forEach(ArrivingImage::close);
    }
}
