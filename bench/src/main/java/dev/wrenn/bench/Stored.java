package dev.wrenn.bench;

import dev.wrenn.host.memory.CorruptImageException;
import dev.wrenn.host.memory.ImageStore;
import dev.wrenn.host.memory.LoadedImage;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;

/// Memory images as the host agent keeps them.
final class Stored {
    private static final long WARM_MS = 60_000;
    private static final long POLL_MS = 50;

    private Stored() {}

    /// The image that creates of this size begin with. It is made after the first create: waits for
    /// it.
    static LoadedImage warm(Path host, long memoryMib) {
        long deadline = System.nanoTime() + WARM_MS * 1_000_000;
        while (System.nanoTime() < deadline) {
            for (var directory : directories(host.resolve("warm"))) {
                var image = load(directory);
                if (image.isPresent() && image.get().manifest().memoryBytes() == memoryMib << 20)
                    return image.get();
            }
            pause();
        }
        throw new BenchException("no warm image of " + memoryMib + " MiB after " + WARM_MS + " ms");
    }

    /// The image of a paused capsule: the one with the highest number.
    static LoadedImage paused(Path host, String capsule) {
        var newest =
                directories(host.resolve("snapshots").resolve(capsule)).stream()
                        .max(Comparator.comparingLong(d -> Long.parseLong(name(d))))
                        .orElseThrow(() -> new BenchException(capsule + ": no image"));
        return load(newest).orElseThrow(() -> new BenchException(newest + ": not an image"));
    }

    /// The flat memory, which bare QEMU can map.
    static Path memory(LoadedImage image) {
        return image.flatPart()
                .orElseThrow(() -> new BenchException(image.directory() + ": not flat"));
    }

    private static Optional<LoadedImage> load(Path directory) {
        try {
            return Optional.of(ImageStore.load(directory));
        } catch (IOException e) {
            return Optional.empty(); // being made, or gone
        } catch (CorruptImageException e) {
            throw new BenchException(directory + ": " + e.getMessage(), e);
        }
    }

    private static List<Path> directories(Path parent) {
        if (!Files.isDirectory(parent)) return List.of();
        try (var entries = Files.list(parent)) {
            return entries.filter(Files::isDirectory)
                    .filter(d -> !name(d).startsWith("."))
                    .toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static String name(Path directory) {
        return directory.getFileName().toString();
    }

    private static void pause() {
        try {
            Thread.sleep(POLL_MS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new BenchException("interrupted while waiting for an image", e);
        }
    }
}
