package dev.wrenn.bench;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.List;

/// A C program of bench/floor, compiled when it is used.
final class FloorProgram {
    private FloorProgram() {}

    /// @return the program, in `directory`
    static Path compile(Path root, String name, Path directory) {
        var source = root.resolve("bench/floor").resolve(name + ".c");
        var program = directory.resolve(name);
        var command =
                List.of(
                        "gcc",
                        "-O2",
                        "-Wall",
                        "-Wextra",
                        "-Werror",
                        "-o",
                        program.toString(),
                        source.toString());
        try {
            var gcc = new ProcessBuilder(command).redirectErrorStream(true).start();
            var said =
                    new String(
                            gcc.getInputStream().readAllBytes(),
                            java.nio.charset.StandardCharsets.UTF_8);
            if (gcc.waitFor() != 0) throw new BenchException(source + " is not compiled: " + said);
            return program;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new BenchException("interrupted while compiling " + source, e);
        }
    }
}
