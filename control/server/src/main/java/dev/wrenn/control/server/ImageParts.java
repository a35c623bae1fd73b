package dev.wrenn.control.server;

import dev.wrenn.common.runtime.Teardown;
import dev.wrenn.control.domain.capsules.Carrier;
import dev.wrenn.control.domain.hosts.HostDirectory;
import dev.wrenn.control.domain.images.ImageTransfers;
import dev.wrenn.control.domain.images.ObjectStore;
import dev.wrenn.control.domain.images.Publisher;
import dev.wrenn.control.domain.images.TemplateCopies;
import dev.wrenn.control.domain.snapshots.Copies;
import dev.wrenn.control.objects.DirectoryObjects;
import dev.wrenn.control.store.Database;
import dev.wrenn.control.store.LeaderLock;
import dev.wrenn.control.store.PgSavedImages;
import dev.wrenn.control.store.PgTemplateImages;
import java.util.Optional;

/// Wires the object store, where images outlive their hosts.
final class ImageParts {
    private final Database database;
    private final PgSavedImages rows;
    private final PgTemplateImages templates;
    private final Optional<ObjectStore> objects;

    ImageParts(ControlConfig config, Database database) {
        this.database = database;
        this.rows = new PgSavedImages(database);
        this.templates = new PgTemplateImages(database);
        this.objects = config.objects().map(DirectoryObjects::new);
    }

    Carrier carrier() {
        return objects.<Carrier>map(store -> new ImageTransfers(rows, templates, store))
                .orElse(Carrier.NONE);
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
