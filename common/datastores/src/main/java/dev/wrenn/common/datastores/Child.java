package dev.wrenn.common.datastores;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/// A server process and its log. Thread-safe.
final class Child {
    /// Starts all children: the kernel counts the end of the *thread* that forked as the parent's
    /// death, so this one must live as long as the process.
    private static final ExecutorService PARENT =
            Executors.newSingleThreadExecutor(
                    task -> Thread.ofPlatform().daemon().name("datastores-parent").unstarted(task));

    private static final int TAIL_BYTES = 2000;

    private final String name;
    private final Process process;
    private final Path log;
    private final long logStart;

    private Child(String name, Process process, Path log, long logStart) {
        this.name = name;
        this.process = process;
        this.log = log;
        this.logStart = logStart;
    }

    /// @param input written to its standard input, which is then closed
    /// @param log appended to
    static Child start(String name, List<String> words, Path directory, Path log, String input) {
        try {
            long logStart = Files.exists(log) ? Files.size(log) : 0;
            var builder =
                    new ProcessBuilder(words)
                            .directory(directory.toFile())
                            .redirectErrorStream(true)
                            .redirectOutput(ProcessBuilder.Redirect.appendTo(log.toFile()));
            var process = PARENT.submit(builder::start).get();
            try (var in = process.outputWriter()) {
                in.write(input);
            }
            return new Child(name, process, log, logStart);
        } catch (ExecutionException | IOException e) {
            throw new DatastoreException(name + " could not be started: " + e.getMessage(), e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new DatastoreException(name + ": interrupted", e);
        }
    }

    long pid() {
        return process.pid();
    }

    boolean alive() {
        return process.isAlive();
    }

    CompletableFuture<Integer> exit() {
        return process.onExit().thenApply(Process::exitValue);
    }

    /// What it has said since its start, at most some lines.
    String said() {
        try (var file = Files.newByteChannel(log)) {
            long from = Math.max(logStart, file.size() - TAIL_BYTES);
            var bytes = java.nio.ByteBuffer.allocate(TAIL_BYTES);
            file.position(from).read(bytes);
            return new String(
                            bytes.array(),
                            0,
                            bytes.position(),
                            java.nio.charset.StandardCharsets.UTF_8)
                    .strip();
        } catch (IOException e) {
            return "(no log: " + e.getMessage() + ")";
        }
    }

    /// Signals it and waits; kills it when that takes longer than `limit`.
    void stop(String signal, Duration limit) {
        stop(process.toHandle(), signal, limit);
    }

    static void stop(ProcessHandle process, String signal, Duration limit) {
        if (!process.isAlive()) return;
        Command.succeeds(List.of("kill", "-" + signal, Long.toString(process.pid())));
        if (ended(process, limit)) return;
        process.destroyForcibly();
        ended(process, limit);
    }

    /// Tries `ready` until it is, at most for `limit`.
    ///
    /// @param ready null when the server answers, else what is missing
    void awaitReady(Duration limit, java.util.function.Supplier<@Nullable String> ready) {
        long end = System.nanoTime() + limit.toNanos();
        while (true) {
            var missing = ready.get();
            if (missing == null) return;
            if (!alive())
                throw new DatastoreException(
                        name + " ended with " + process.exitValue() + ": " + said());
            if (System.nanoTime() > end)
                throw new DatastoreException(
                        name + " is not ready after " + limit + ": " + missing + "; " + said());
            try {
                Thread.sleep(10);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new DatastoreException(name + ": interrupted", e);
            }
        }
    }

    private static boolean ended(ProcessHandle process, Duration limit) {
        try {
            process.onExit().get(limit.toMillis(), TimeUnit.MILLISECONDS);
            return true;
        } catch (java.util.concurrent.TimeoutException | ExecutionException e) {
            return false;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        }
    }
}
