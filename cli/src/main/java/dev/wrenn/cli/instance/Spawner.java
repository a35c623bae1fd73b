package dev.wrenn.cli.instance;

import dev.wrenn.cli.instance.Part.Running;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/// Starts the children of the supervisor: each in a session of its own, so that Ctrl-C reaches only
/// the supervisor, and with a signal for the case that the supervisor dies.
///
/// The kernel sends that signal when the *thread* that made the child ends (prctl(2),
/// PR_SET_PDEATHSIG); hence one platform thread, which lives as long as this process.
final class Spawner {
    private final ExecutorService thread =
            Executors.newSingleThreadExecutor(
                    Thread.ofPlatform().daemon().name("spawner").factory());

    /// Starts a program with exactly this environment and its output appended to a log.
    Running start(List<String> command, Map<String, String> environment, Path log)
            throws IOException {
        var full = new ArrayList<>(List.of("setsid", "setpriv", "--pdeathsig", "TERM", "--"));
        full.addAll(command);
        var builder = new ProcessBuilder(full);
        builder.environment().clear();
        builder.environment().putAll(environment);
        builder.redirectInput(ProcessBuilder.Redirect.from(Path.of("/dev/null").toFile()));
        Files.createDirectories(log.toAbsolutePath().getParent());
        builder.redirectErrorStream(true);
        builder.redirectOutput(ProcessBuilder.Redirect.appendTo(log.toFile()));
        var process = onThread(builder);
        var exit = process.onExit().thenApply(Process::exitValue);
        // A child that is gone before it could be looked at never had a start time worth a name.
        var id = ProcessId.of(process.pid()).orElse(new ProcessId(process.pid(), 0));
        return new Running(id, exit, process::destroy);
    }

    /// Runs something on the thread that children may be bound to.
    <T> T call(java.util.concurrent.Callable<T> task) throws IOException {
        try {
            return thread.submit(task).get();
        } catch (ExecutionException e) {
            if (e.getCause() instanceof IOException failure) throw failure;
            if (e.getCause() instanceof RuntimeException failure) throw failure;
            throw new InstanceException("starting a process failed", e.getCause());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new InstanceException("interrupted while starting a process", e);
        }
    }

    private Process onThread(ProcessBuilder builder) throws IOException {
        return call(builder::start);
    }
}
