package dev.wrenn.cli.instance;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;

/// One program of an instance, started again and again in the same way: same ports, same files.
interface Part {
    /// Short and a file name: `postgres`, `agent`.
    String name();

    /// Starts the program; returns when its process exists. Called on one thread at a time.
    Running start() throws IOException;

    /// Asks the program whether it does its work; answers within 2 s. Only called while it runs.
    boolean isHealthy();

    /// How long it may take from its start until it is healthy.
    Duration startLimit();

    /// How long it may take to end by itself before it is killed.
    Duration stopLimit();

    /// Where its output goes.
    Path log();

    /// One life of a part.
    ///
    /// @param exit completes with the exit code when the process is gone
    /// @param stop asks it to end, without waiting
    record Running(ProcessId id, CompletableFuture<Integer> exit, Runnable stop) {}
}
