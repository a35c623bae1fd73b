package dev.wrenn.cli.instance;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/// Programs of the machine that are run to their end.
final class Commands {
    private final Spawner spawner;

    Commands(Spawner spawner) {
        this.spawner = spawner;
    }

    /// Runs a program whose output the user sees; it ends when this process does.
    ///
    /// @return its exit code
    int show(List<String> command) throws IOException {
        var bound = new ArrayList<>(List.of("setpriv", "--pdeathsig", "TERM", "--"));
        bound.addAll(command);
        var builder =
                new ProcessBuilder(bound)
                        .redirectInput(ProcessBuilder.Redirect.from(new java.io.File("/dev/null")))
                        .redirectError(ProcessBuilder.Redirect.INHERIT)
                        .redirectOutput(ProcessBuilder.Redirect.INHERIT);
        return await(spawner.call(builder::start));
    }

    /// Runs a program that should say nothing.
    ///
    /// @return its output
    /// @throws IOException with its output when it fails
    String quiet(List<String> command) throws IOException {
        var process = new ProcessBuilder(command).redirectErrorStream(true).start();
        process.getOutputStream().close();
        var output = new String(process.getInputStream().readAllBytes(), UTF_8).strip();
        int code = await(process);
        if (code != 0)
            throw new IOException(
                    String.join(" ", command) + ": exit code " + code + ": " + output);
        return output;
    }

    private static int await(Process process) {
        try {
            return process.waitFor();
        } catch (InterruptedException e) {
            process.destroy();
            Thread.currentThread().interrupt();
            throw new InstanceException("interrupted", e);
        }
    }
}
