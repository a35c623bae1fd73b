package dev.wrenn.host.memory;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;

/// A small XFS file system with reflink on a loop device, for tests that need shared blocks.
public final class ReflinkVolume implements AutoCloseable {
    private final Path mount;

    private ReflinkVolume(Path mount) {
        this.mount = mount;
    }

    static ReflinkVolume in(Path directory) throws IOException, InterruptedException {
        return in(directory, 400L << 20);
    }

    /// Makes and mounts one below an existing directory; needs root.
    ///
    /// @param bytes its size, at least 300 MiB; only what is used takes space
    public static ReflinkVolume in(Path directory, long bytes)
            throws IOException, InterruptedException {
        var file = directory.resolve("volume.xfs");
        try (var sparse = new RandomAccessFile(file.toFile(), "rw")) {
            sparse.setLength(bytes);
        }
        var mount = Files.createDirectory(directory.resolve("volume"));
        run("mkfs.xfs", "-q", "-m", "reflink=1", file.toString());
        run("mount", "-o", "loop", file.toString(), mount.toString());
        return new ReflinkVolume(mount);
    }

    /// Where it is mounted.
    public Path path() {
        return mount;
    }

    private static void run(String... command) throws IOException, InterruptedException {
        var process = new ProcessBuilder(command).redirectErrorStream(true).start();
        var output = new String(process.getInputStream().readAllBytes());
        if (process.waitFor() != 0)
            throw new IOException(String.join(" ", command) + ": " + output);
    }

    @Override
    public void close() throws IOException, InterruptedException {
        run("umount", mount.toString());
    }
}
