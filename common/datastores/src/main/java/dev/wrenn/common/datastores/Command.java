package dev.wrenn.common.datastores;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;

/// Short programs that are waited for.
final class Command {
    private static final long LIMIT_SECONDS = 120;

    private Command() {}

    /// @throws DatastoreException with its output when it does not end with 0
    static void run(List<String> words, Path directory) {
        try {
            var process =
                    new ProcessBuilder(words)
                            .directory(directory.toFile())
                            .redirectErrorStream(true)
                            .start();
            process.getOutputStream().close();
            var output = new String(process.getInputStream().readAllBytes(), UTF_8);
            if (!process.waitFor(LIMIT_SECONDS, TimeUnit.SECONDS)) {
                process.destroyForcibly();
                throw new DatastoreException(
                        words + ": still running after " + LIMIT_SECONDS + " s");
            }
            if (process.exitValue() != 0)
                throw new DatastoreException(
                        words + ": exit " + process.exitValue() + ": " + output.strip());
        } catch (IOException e) {
            throw new DatastoreException(words + ": " + e.getMessage(), e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new DatastoreException(words + ": interrupted", e);
        }
    }

    static boolean succeeds(List<String> words) {
        try {
            run(words, Path.of("/"));
            return true;
        } catch (DatastoreException e) {
            return false;
        }
    }
}
