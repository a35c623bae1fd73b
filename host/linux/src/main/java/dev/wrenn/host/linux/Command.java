package dev.wrenn.host.linux;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/// One run of an administration program (`ip`, `nft`, `mkfs.xfs`), never through a shell. It runs
/// in the namespaces of the calling thread, with a fixed PATH and without our environment.
/// Thread-safe.
public final class Command {
    private static final Map<String, String> ENVIRONMENT =
            Map.of("PATH", "/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL", "C.UTF-8");
    private static final int MOST_OUTPUT = 1 << 20;

    private Command() {}

    /// What a run gave.
    ///
    /// @param output both streams together, at most 1 MiB
    public record Result(int code, String output) {
        /// True for exit code 0.
        public boolean ok() {
            return code == 0;
        }
    }

    /// @param input for its standard input, may be empty
    /// @throws IOException when the program is missing or took longer than `limit`
    public static Result run(Duration limit, String input, List<String> argv)
            throws IOException, InterruptedException {
        var builder = new ProcessBuilder(argv).redirectErrorStream(true);
        builder.environment().clear();
        builder.environment().putAll(ENVIRONMENT);
        var process = builder.start();
        var killer = // ends a program that neither finishes nor closes its output
                Thread.ofVirtual()
                        .start(() -> {
                            try {
                                if (!process.waitFor(limit.toNanos(), TimeUnit.NANOSECONDS))
                                    process.destroyForcibly();
                            } catch (InterruptedException e) {
                                process.destroyForcibly();
                            }
                        });
        try {
            try (var in = process.getOutputStream()) {
                in.write(input.getBytes(StandardCharsets.UTF_8));
            } catch (IOException e) {
                if (process.isAlive() && !process.waitFor(limit.toNanos(), TimeUnit.NANOSECONDS))
                    throw e; // else it did not want all of its input; its code tells
            }
            var output = process.getInputStream().readNBytes(MOST_OUTPUT);
            int code = process.waitFor();
            killer.join();
            if (code == 128 + Pidfd.SIGKILL)
                throw new IOException(argv.getFirst() + ": killed, or not done in " + limit);
            return new Result(code, new String(output, StandardCharsets.UTF_8).strip());
        } finally {
            if (process.isAlive()) process.destroyForcibly();
            process.getInputStream().close();
        }
    }
}
