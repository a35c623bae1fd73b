package dev.wrenn.bench;

import static java.nio.charset.StandardCharsets.US_ASCII;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/// Asks a bare QEMU under `qemu-restore` for a save, over two FIFOs in a directory on the product's
/// file system, so that a clone of the disk and the writes cost the same.
record FloorSaver(Path directory) implements AutoCloseable {
    FloorSaver(Path directory) {
        this.directory =
                directory.resolve("bench-floor-" + ProcessHandle.current().pid() + ".save");
        try {
            Files.createDirectory(this.directory);
            for (var fifo : fifos()) run("mkfifo", "-m", "600", fifo);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    List<String> fifos() {
        return List.of(path("ask"), path("answer"));
    }

    private String path(String name) {
        return directory.resolve(name).toString();
    }

    /// Starts the floor, dirties that much of its memory, and saves it.
    ///
    /// @return milliseconds for which its processors stood still
    double save(Floor floor, int dirtyMib) {
        try (var vm = floor.start();
                var ask = Files.newBufferedWriter(Path.of(path("ask")), US_ASCII);
                var answer = Files.newBufferedReader(Path.of(path("answer")), US_ASCII)) {
            Dirtier.Guest guest = vm.envd()::exec;
            Dirtier.start(guest);
            Dirtier.rewrite(guest, dirtyMib);
            ask.write(floor.disk() + " " + directory + "\n");
            ask.flush();
            var line = answer.readLine(); // "MICROSECONDS PAGES"
            if (line == null) throw new BenchException("floor: no answer to a save");
            return Double.parseDouble(line.substring(0, line.indexOf(' '))) / 1e3;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static void run(String... command) throws IOException {
        try {
            int status = new ProcessBuilder(command).inheritIO().start().waitFor();
            if (status != 0) throw new BenchException(List.of(command) + ": exit " + status);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new BenchException("interrupted", e);
        }
    }

    @Override
    public void close() {
        try {
            Scratch.delete(directory);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
