package dev.wrenn.control.objects;

import dev.wrenn.common.runtime.AtomicFiles;
import dev.wrenn.control.domain.images.ObjectStore;
import dev.wrenn.control.domain.images.ObjectStoreException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.DirectoryNotEmptyException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Collection;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/// Objects as files below one directory, which every control plane must see: one machine, or a
/// shared file system. Files are whole or not there, mode 0600. Thread-safe.
public final class DirectoryObjects implements ObjectStore {
    private final Path root;

    /// @param root made when it is not there
    /// @throws ObjectStoreException when it cannot be
    public DirectoryObjects(Path root) {
        this.root = root;
        makePrivate(root);
    }

    @Override
    public void put(String key, byte[] content) {
        var file = file(key);
        try {
            try {
                AtomicFiles.write(file, content);
            } catch (NoSuchFileException e) {
                makePrivate(parent(file));
                AtomicFiles.write(file, content);
            }
        } catch (IOException e) {
            throw new ObjectStoreException("an object cannot be written", e);
        }
    }

    @Override
    public Optional<byte[]> get(String key) {
        try {
            return Optional.of(Files.readAllBytes(file(key)));
        } catch (NoSuchFileException e) {
            return Optional.empty();
        } catch (IOException e) {
            throw new ObjectStoreException("an object cannot be read", e);
        }
    }

    @Override
    public Set<String> list(String prefix) {
        var directory = root.resolve(Keys.checkPrefix(prefix));
        if (!Files.isDirectory(directory)) return Set.of();
        try (var files = Files.walk(directory)) {
            return files.filter(Files::isRegularFile)
                    .filter(f -> !f.getFileName().toString().endsWith(AtomicFiles.TEMPORARY))
                    .map(f -> root.relativize(f).toString())
                    .collect(Collectors.toSet());
        } catch (NoSuchFileException e) {
            return Set.of();
        } catch (IOException | UncheckedIOException e) {
            throw new ObjectStoreException("objects cannot be listed", e);
        }
    }

    @Override
    public void delete(Collection<String> keys) {
        keys.forEach(Keys::check); // all or none
        try {
            for (var key : keys) {
                var file = file(key);
                Files.deleteIfExists(file);
                prune(parent(file));
            }
        } catch (IOException e) {
            throw new ObjectStoreException("an object cannot be deleted", e);
        }
    }

    /// Directories without objects say nothing; what a process that died was writing is not wanted
    /// any more when the objects beside it are not.
    private void prune(Path directory) throws IOException {
        for (var at = directory; !at.equals(root); at = parent(at)) {
            try {
                Files.deleteIfExists(at);
            } catch (DirectoryNotEmptyException e) {
                return;
            }
        }
    }

    private Path file(String key) {
        return root.resolve(Keys.check(key));
    }

    private static Path parent(Path file) {
        var parent = file.getParent();
        if (parent == null) throw new IllegalArgumentException("no directory: " + file);
        return parent;
    }

    private static void makePrivate(Path directory) {
        try {
            Files.createDirectories(
                    directory,
                    PosixFilePermissions.asFileAttribute(
                            PosixFilePermissions.fromString("rwx------")));
        } catch (IOException e) {
            throw new ObjectStoreException("a directory of objects cannot be made", e);
        }
    }
}
