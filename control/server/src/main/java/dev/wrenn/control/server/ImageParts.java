package dev.wrenn.control.server;

import dev.wrenn.common.runtime.Env.ConfigException;
import dev.wrenn.common.runtime.Teardown;
import dev.wrenn.control.domain.capsules.Carrier;
import dev.wrenn.control.domain.hosts.HostDirectory;
import dev.wrenn.control.domain.images.ImageTransfers;
import dev.wrenn.control.domain.images.ObjectStore;
import dev.wrenn.control.domain.images.Publisher;
import dev.wrenn.control.domain.images.TemplateChunks;
import dev.wrenn.control.domain.images.TemplateCopies;
import dev.wrenn.control.domain.snapshots.Copies;
import dev.wrenn.control.objects.DirectoryObjects;
import dev.wrenn.control.objects.S3Objects;
import dev.wrenn.control.objects.S3Problem;
import dev.wrenn.control.store.Database;
import dev.wrenn.control.store.LeaderLock;
import dev.wrenn.control.store.PgSavedImages;
import dev.wrenn.control.store.PgTemplateImages;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Wires the object store, where images outlive their hosts.
final class ImageParts {
    private static final Logger LOG = LoggerFactory.getLogger(ImageParts.class);

    private final Database database;
    private final PgSavedImages rows;
    private final PgTemplateImages templates;
    private final Optional<ObjectStore> objects;

    /// @param undo closes what is opened
    /// @throws ConfigException when the store refuses what it will be asked; that it is away is
    ///   only logged, as capsules on their own hosts do not need it
    ImageParts(ControlConfig config, Database database, Teardown undo) {
        this.database = database;
        this.rows = new PgSavedImages(database);
        this.templates = new PgTemplateImages(database);
        this.objects = config.objects().map(where -> open(where, undo));
    }

    private static ObjectStore open(ObjectsConfig where, Teardown undo) {
        return switch (where) {
            case ObjectsConfig.Directory(var path) -> new DirectoryObjects(path);
            case ObjectsConfig.Bucket(var settings) -> {
                var bucket = undo.add(new S3Objects(settings));
                bucket.check().ifPresent(ImageParts::tell);
                yield bucket;
            }
        };
    }

    private static void tell(S3Problem problem) {
        if (problem.refused()) throw new ConfigException("WRENN_CP_OBJECTS: " + problem.sentence());
        LOG.atWarn().log("images are not copied for now: {}", problem.sentence());
    }

    Carrier carrier() {
        return objects.<Carrier>map(store -> new ImageTransfers(rows, templates, store))
                .orElse(Carrier.NONE);
    }

    /// What hosts take themselves.
    TemplateChunks chunks() {
        return new TemplateChunks(templates, objects);
    }

    Copies copies(HostDirectory hosts) {
        return objects.<Copies>map(store -> new TemplateCopies(templates, store, hosts))
                .orElse(Copies.NONE);
    }

    void startPeriodic(HostDirectory hosts, Teardown undo) {
        if (objects.isEmpty()) return;
        var publisher = new Publisher(rows, templates, objects.get(), hosts);
        var lead = undo.add(new LeaderLock(database, "image-publishing"));
        undo.add(
                Periodic.start(
                        "image-publishing",
                        Publisher.PERIOD,
                        () -> {
                            if (lead.held()) publisher.tick();
                        }));
    }
}
