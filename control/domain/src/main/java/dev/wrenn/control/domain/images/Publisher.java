package dev.wrenn.control.domain.images;

import dev.wrenn.common.model.CapsuleId;
import dev.wrenn.common.model.HostId;
import dev.wrenn.common.model.TeamId;
import dev.wrenn.control.domain.hosts.HostDirectory;
import dev.wrenn.control.domain.hosts.HostView;
import dev.wrenn.control.domain.hosts.ImageName;
import dev.wrenn.control.domain.hosts.TransferException;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Copies images of paused capsules and of templates into the object store, and removes those of
/// capsules that have ended. Rows say what is to be done, so whatever is cut short is done again. A
/// host whose capsules could not go on anywhere else is left alone.
public final class Publisher {
    /// How often to call [#tick()].
    public static final Duration PERIOD = Duration.ofSeconds(2);

    private static final Logger LOG = LoggerFactory.getLogger(Publisher.class);

    /// Who pauses and resumes at once needs no copy.
    private static final Duration AGE = Duration.ofSeconds(3);

    private static final int AT_ONCE = 16;

    private final SavedImages images;
    private final TemplateImages templates;
    private final ObjectStore objects;
    private final HostDirectory hosts;

    public Publisher(
            SavedImages images,
            TemplateImages templates,
            ObjectStore objects,
            HostDirectory hosts) {
        this.images = images;
        this.templates = templates;
        this.objects = objects;
        this.hosts = hosts;
    }

    /// One round; called by one replica at a time.
    public void tick() {
        for (var id : images.doomed(AT_ONCE)) remove(id);
        var some = withPeers();
        if (some.isEmpty()) return;
        for (var row : images.due(some, AGE, AT_ONCE)) {
            var name = new ImageName.OfCapsule(row.id());
            boolean done =
                    publish(
                            name,
                            row.host(),
                            c -> images.published(row, c.manifest(), c.outline().bytes()));
            if (!done) images.later(row.id());
        }
        for (var due : templates.due(some, AGE, AT_ONCE)) {
            boolean done =
                    publish(
                            due.name(),
                            due.host(),
                            c -> templates.published(due.name().id(), c.manifest()));
            if (!done) templates.later(due.name().id());
        }
    }

    /// Hosts that can be reached and are not the only ones of whom they are for.
    private List<HostId> withPeers() {
        var owners = new HashMap<Optional<TeamId>, Integer>();
        var all = hosts.all();
        for (var view : all) owners.merge(view.host().team(), 1, Integer::sum);
        return all.stream()
                .filter(HostView::reachable)
                .filter(view -> owners.getOrDefault(view.host().team(), 0) > 1)
                .map(view -> view.host().id())
                .toList();
    }

    private void remove(CapsuleId id) {
        try {
            objects.delete(objects.list(ImageKeys.of(new ImageName.OfCapsule(id)).prefix()));
            images.forget(id);
        } catch (ObjectStoreException e) {
            LOG.atWarn().addKeyValue("capsule", id).setCause(e).log("image not removed yet");
        }
    }

    /// @param keep notes that the image is in the store; false when nobody wants it any more
    /// @return false when it has to be tried again
    private boolean publish(ImageName name, HostId host, Predicate<ImageCopy.Copied> keep) {
        var client = hosts.client(host);
        if (client.isEmpty()) return false;
        long start = System.nanoTime();
        try {
            var copy = new ImageCopy(name, client.get().images(), objects);
            var copied = copy.run();
            if (!keep.test(copied)) {
                // Whoever deleted the template may have looked before all of this was there.
                if (name instanceof ImageName.OfTemplate)
                    objects.delete(objects.list(ImageKeys.of(name).prefix()));
                return true;
            }
            LOG.atInfo()
                    .addKeyValue("image", name.path())
                    .addKeyValue("bytes", copied.outline().bytes())
                    .addKeyValue("sent", copied.sent())
                    .addKeyValue("took_ms", (System.nanoTime() - start) / 1_000_000)
                    .log("image published");
            copy.tidy(copied);
            return true;
        } catch (TransferException | ObjectStoreException | Outline.MalformedException e) {
            LOG.atInfo()
                    .addKeyValue("image", name.path())
                    .log("image not published yet: {}", e.getMessage());
            return false;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt(); // the next leader begins again
            return false;
        }
    }
}
