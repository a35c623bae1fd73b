package dev.wrenn.host.capsule;

import dev.wrenn.common.model.CapsuleId;
import dev.wrenn.common.model.InvalidIdException;
import dev.wrenn.host.memory.CorruptImageException;
import dev.wrenn.host.memory.ImageStore;
import dev.wrenn.host.memory.LoadedImage;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Memory images of capsules: `{D}/snapshots/{cl-id}/{number}`. The record says which number
/// counts: the pause image of a paused capsule, for a running one the image its memory came from.
/// Others are left over from a step that was cut off. Thread-safe for different capsules.
final class CapsuleImages {
    private static final Logger LOG = LoggerFactory.getLogger(CapsuleImages.class);

    private final Path root;
    private final Path templates;
    private final Path quarantine;

    CapsuleImages(Path dataDir) {
        this.root = dataDir.resolve("snapshots");
        this.templates = dataDir.resolve("images/teams");
        this.quarantine = dataDir.resolve("quarantine");
        makePrivate(root);
    }

    /// The directory of one capsule's images, made when it is not there; the pager keeps its hints
    /// about the capsule in it.
    Path directory(CapsuleId id) {
        var directory = root.resolve(id.toString());
        makePrivate(directory);
        return directory;
    }

    Path at(CapsuleId id, int number) {
        return root.resolve(id.toString()).resolve(Integer.toString(number));
    }

    boolean exists(CapsuleId id, int number) {
        return ImageStore.exists(at(id, number));
    }

    LoadedImage load(CapsuleId id, int number) throws IOException, CorruptImageException {
        return ImageStore.load(at(id, number));
    }

    /// Removes every image of a capsule but this one.
    ///
    /// @param number null: all, and their directory
    void keepOnly(CapsuleId id, @Nullable Integer number) {
        var directory = root.resolve(id.toString());
        if (!Files.isDirectory(directory)) return;
        try {
            ImageStore.sweep(directory);
            for (var child : children(directory)) {
                boolean kept = number != null && child.equals(at(id, number));
                if (kept) continue;
                if (Files.isDirectory(child)) ImageStore.remove(child);
                else if (number == null) Files.deleteIfExists(child); // the pager's hints
            }
            if (number == null) Files.deleteIfExists(directory);
        } catch (IOException e) {
            throw new CapsuleException("images of " + id + " cannot be removed", e);
        }
    }

    /// Like [#keepOnly], where what stays only takes space until the next try.
    void tidy(CapsuleId id, @Nullable Integer number) {
        try {
            keepOnly(id, number);
        } catch (CapsuleException e) {
            LOG.atWarn().addKeyValue("capsule", id).setCause(e).log("old images are left");
        }
    }

    /// Removes images of capsules that have no record, and half-made or half-removed templates;
    /// images of a record set aside stay with it.
    void sweep(Set<CapsuleId> known) {
        if (Files.isDirectory(templates)) for (var team : children(templates)) sweepTeam(team);
        for (var directory : children(root)) {
            var name = directory.getFileName().toString();
            try {
                var id = CapsuleId.parse(name);
                if (known.contains(id) || isSetAside(name)) continue;
                LOG.atInfo().addKeyValue("capsule", id).log("removing images without a record");
                tidy(id, null);
            } catch (InvalidIdException e) {
                LOG.atWarn().addKeyValue("name", name).log("not a capsule's images, left alone");
            }
        }
    }

    private static void sweepTeam(Path team) {
        try {
            ImageStore.sweep(team);
        } catch (IOException e) {
            LOG.atWarn().addKeyValue("team", team.getFileName()).setCause(e).log("not swept");
        }
    }

    private boolean isSetAside(String name) {
        if (!Files.isDirectory(quarantine)) return false;
        return children(quarantine).stream()
                .anyMatch(entry -> entry.getFileName().toString().startsWith(name));
    }

    private static List<Path> children(Path directory) {
        try (var entries = Files.list(directory)) {
            return entries.toList();
        } catch (IOException | UncheckedIOException e) {
            throw new CapsuleException("images cannot be listed", e);
        }
    }

    private static void makePrivate(Path directory) {
        try {
            Files.createDirectories(
                    directory,
                    PosixFilePermissions.asFileAttribute(
                            PosixFilePermissions.fromString("rwx------")));
        } catch (IOException e) {
            throw new CapsuleException("image directory cannot be made", e);
        }
    }
}
