package dev.wrenn.host.memory;

import java.nio.file.Path;
import java.util.Optional;
import java.util.UUID;

/// An image that has been read and found to follow the rules. Immutable; the files behind it are
/// too.
public record LoadedImage(Path directory, ImageManifest manifest, MemoryIndex index) {
    /// The VMM's device state.
    public Path deviceState() {
        return directory.resolve(ImageStore.DEVICE_STATE);
    }

    /// The disk at the instant of the memory.
    public Path disk() {
        return directory.resolve(ImageStore.DISK);
    }

    /// What whoever saved it wrote for the restore; not there when it wrote nothing.
    public Path notes() {
        return directory.resolve(ImageStore.NOTES);
    }

    /// The data file of a part.
    public Path part(UUID build) {
        for (var part : manifest.parts())
            if (part.build().equals(build)) return directory.resolve(part.file());
        throw new IllegalArgumentException("part: " + build + " (expected: one of the image)");
    }

    /// The one file that is the whole memory, when there is one.
    public Optional<Path> flatPart() {
        return index.isFlat() ? Optional.of(part(index.base())) : Optional.empty();
    }

    /// What a save of a VM restored from here starts from.
    public MemorySaver.Base base() {
        return new MemorySaver.Base(index, flatPart().orElse(null));
    }
}
