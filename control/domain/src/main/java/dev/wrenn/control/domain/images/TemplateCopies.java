package dev.wrenn.control.domain.images;

import dev.wrenn.control.domain.hosts.HostAnswer;
import dev.wrenn.control.domain.hosts.HostDirectory;
import dev.wrenn.control.domain.hosts.ImageName;
import dev.wrenn.control.domain.snapshots.Copies;
import dev.wrenn.control.domain.snapshots.Draft;
import java.time.Duration;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Removes templates from the object store and from the hosts they were brought to, also from those
/// that are away for now. Thread-safe.
public final class TemplateCopies implements Copies {
    private static final Logger LOG = LoggerFactory.getLogger(TemplateCopies.class);
    private static final Duration REMOVE = Duration.ofSeconds(30);

    private final TemplateImages images;
    private final ObjectStore objects;
    private final HostDirectory hosts;

    public TemplateCopies(TemplateImages images, ObjectStore objects, HostDirectory hosts) {
        this.images = images;
        this.objects = objects;
        this.hosts = hosts;
    }

    @Override
    public boolean remove(Draft template) {
        boolean gone = true;
        for (var host : images.copies(template.id())) {
            var client = hosts.client(host);
            if (client.isPresent()
                    && client.get().deleteSnapshot(template.team(), template.id(), REMOVE)
                            instanceof HostAnswer.Done) images.removed(template.id(), host);
            else gone = false;
        }
        try {
            var name = new ImageName.OfTemplate(template.team(), template.id());
            objects.delete(objects.list(ImageKeys.of(name).prefix()));
        } catch (ObjectStoreException e) {
            LOG.atWarn()
                    .addKeyValue("template", template.id())
                    .setCause(e)
                    .log("copy of a template not removed yet");
            return false;
        }
        return gone;
    }
}
