package dev.wrenn.host.disk;

import dev.wrenn.common.model.MemorySize;
import dev.wrenn.common.model.TeamId;
import dev.wrenn.common.model.TemplateId;
import java.nio.file.Path;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// A complete template on this host; immutable.
///
/// @param rootfs ext4 image, sparse
/// @param size length of the image
/// @param content digest of the files in it, from its manifest; empty for a snapshot
/// @param snapshotOrNull directory of the memory image beside the disk; null for a template that is
///   only a disk
public record TemplateImage(
        TeamId team,
        TemplateId template,
        Path rootfs,
        MemorySize size,
        String content,
        @Nullable Path snapshotOrNull) {
    /// The directory of all its files.
    public Path directory() {
        return Objects.requireNonNull(rootfs.getParent());
    }

    /// The directory of its memory image, when it has one.
    public Optional<Path> snapshot() {
        return Optional.ofNullable(snapshotOrNull);
    }
}
