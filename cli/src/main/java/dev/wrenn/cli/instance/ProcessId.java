package dev.wrenn.cli.instance;

import dev.wrenn.common.runtime.AtomicFiles;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/// A process for good: the kernel reuses numbers, but not together with the start time.
///
/// @param start clock ticks after boot, field 22 of `/proc/PID/stat`, proc_pid_stat(5)
record ProcessId(long pid, long start) {
    /// The living process of this number; empty also for a zombie.
    static Optional<ProcessId> of(long pid) {
        try {
            return parse(pid, Files.readString(Path.of("/proc", Long.toString(pid), "stat")));
        } catch (IOException e) {
            return Optional.empty(); // no such process
        }
    }

    /// Reads a line of `/proc/PID/stat`. The name in parentheses may hold anything, also blanks.
    static Optional<ProcessId> parse(long pid, String stat) {
        var fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ");
        char state = fields[0].charAt(0); // field 3
        if (state == 'Z' || state == 'X') return Optional.empty();
        return Optional.of(new ProcessId(pid, Long.parseLong(fields[19].strip())));
    }

    boolean isAlive() {
        return of(pid).filter(this::equals).isPresent();
    }

    /// Ends it: SIGTERM, and SIGKILL after a grace period. Does nothing when it is gone.
    ///
    /// @return true when it is gone
    boolean end(java.time.Duration grace) {
        var handle = ProcessHandle.of(pid).filter(_ -> isAlive());
        if (handle.isEmpty()) return true;
        handle.get().destroy();
        if (awaitGone(grace)) return true;
        if (isAlive()) handle.get().destroyForcibly();
        return awaitGone(java.time.Duration.ofSeconds(5));
    }

    /// The process need not be a child: polls.
    boolean awaitGone(java.time.Duration limit) {
        long end = System.nanoTime() + limit.toNanos();
        while (isAlive()) {
            if (System.nanoTime() > end) return false;
            try {
                Thread.sleep(10);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                return false;
            }
        }
        return true;
    }

    void write(Path file) throws IOException {
        AtomicFiles.write(
                file,
                (pid + " " + start + "\n").getBytes(java.nio.charset.StandardCharsets.US_ASCII));
    }

    /// What a file names; empty when there is none or it is damaged.
    static Optional<ProcessId> read(Path file) {
        try {
            var words = Files.readString(file).strip().split(" ");
            if (words.length != 2) return Optional.empty();
            return Optional.of(new ProcessId(Long.parseLong(words[0]), Long.parseLong(words[1])));
        } catch (IOException | NumberFormatException e) {
            return Optional.empty();
        }
    }
}
