package dev.wrenn.host.linux;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;

/// One process as `/proc/PID/stat` shows it, proc_pid_stat(5).
///
/// @param comm name of the program, at most 15 bytes, may contain anything
/// @param state `R`, `S`, `D`, `T`, `Z` …
/// @param startTicks start time in clock ticks since boot: with the pid it identifies a process
/// @param cpu user and system time of all its threads
/// @param residentBytes memory held
public record ProcStat(
        int pid,
        String comm,
        char state,
        int parent,
        long startTicks,
        Duration cpu,
        long residentBytes) {
    // USER_HZ, constant for user space on x86 whatever the kernel's own HZ, <asm-generic/param.h>
    private static final long TICKS_PER_SECOND = 100;
    private static final long PAGE_BYTES = 4096; // x86-64

    /// @return empty when there is no such process
    public static Optional<ProcStat> read(int pid) {
        try {
            return Optional.of(
                    parse(Files.readString(proc(pid, "stat"), StandardCharsets.ISO_8859_1)));
        } catch (IOException e) {
            return Optional.empty(); // no such file, or ESRCH from a process just gone
        }
    }

    /// Reads a line such as `42 (a b) c) S 1 …`: the name ends at the last parenthesis.
    static ProcStat parse(String line) {
        int open = line.indexOf('(');
        int close = line.lastIndexOf(')');
        if (open < 0 || close < open) throw new IllegalArgumentException("stat: " + line);
        var fields = line.substring(close + 2).strip().split(" ");
        // field n of the manual (the state is 3) is at n - 3
        long ticks = Long.parseLong(fields[14 - 3]) + Long.parseLong(fields[15 - 3]);
        return new ProcStat(
                Integer.parseInt(line.substring(0, open).strip()),
                line.substring(open + 1, close),
                fields[0].charAt(0),
                Integer.parseInt(fields[4 - 3]),
                Long.parseLong(fields[22 - 3]),
                Duration.ofMillis(ticks * 1000 / TICKS_PER_SECOND),
                Long.parseLong(fields[24 - 3]) * PAGE_BYTES);
    }

    /// Effective user id, from `/proc/PID/status`; empty when there is no such process.
    public static Optional<Integer> uid(int pid) {
        try (var lines = Files.lines(proc(pid, "status"), StandardCharsets.ISO_8859_1)) {
            return lines.filter(line -> line.startsWith("Uid:"))
                    .map(line -> Integer.valueOf(line.split("\\s+")[2]))
                    .findFirst();
        } catch (IOException | java.io.UncheckedIOException e) {
            return Optional.empty();
        }
    }

    /// File that the process executes; empty when there is none or it is not ours to see.
    public static Optional<Path> executable(int pid) {
        try {
            return Optional.of(Files.readSymbolicLink(proc(pid, "exe")));
        } catch (IOException e) {
            return Optional.empty();
        }
    }

    private static Path proc(int pid, String name) {
        return Path.of("/proc", Integer.toString(pid), name);
    }
}
