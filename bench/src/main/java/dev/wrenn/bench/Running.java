package dev.wrenn.bench;

import static java.nio.charset.StandardCharsets.US_ASCII;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;

/// What the kernel tells of a running process (proc(5)).
record Running(long pid) {
    private static final double TICKS = 100; // per second, in what the kernel tells
    private static final int UTIME =
            11; // among the fields behind the name; stime and children's follow

    /// The one child of a program that drives it.
    static Running below(long driver) {
        var children = ProcessHandle.of(driver).stream().flatMap(ProcessHandle::children).toList();
        if (children.size() != 1)
            throw new BenchException("process " + driver + " has " + children.size() + " children");
        return new Running(children.getFirst().pid());
    }

    /// Proportional set size: pages that several processes map are divided among them.
    long pssKib() {
        try (var lines = Files.lines(Path.of("/proc", Long.toString(pid), "smaps_rollup"))) {
            return lines.filter(line -> line.startsWith("Pss:"))
                    .mapToLong(line -> Long.parseLong(line.replaceAll("[^0-9]", "")))
                    .findFirst()
                    .orElseThrow(() -> new BenchException("process " + pid + ": no Pss"));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /// Resident set size.
    long residentKib() {
        try (var lines = Files.lines(Path.of("/proc", Long.toString(pid), "status"))) {
            return lines.filter(line -> line.startsWith("VmRSS:"))
                    .mapToLong(line -> Long.parseLong(line.replaceAll("[^0-9]", "")))
                    .findFirst()
                    .orElseThrow(() -> new BenchException("process " + pid + ": no VmRSS"));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /// Lets a JVM collect its garbage; returns when it has.
    void collect() {
        var jcmd = Path.of(System.getProperty("java.home"), "bin", "jcmd").toString();
        try {
            var process =
                    new ProcessBuilder(jcmd, Long.toString(pid), "GC.run")
                            .redirectErrorStream(true)
                            .start();
            var said = new String(process.getInputStream().readAllBytes(), US_ASCII);
            if (process.waitFor() != 0) throw new BenchException("jcmd: " + said);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new BenchException("interrupted in jcmd", e);
        }
    }

    /// Processor time of all its threads since it began.
    double cpuSeconds() {
        return ProcessHandle.of(pid)
                        .flatMap(process -> process.info().totalCpuDuration())
                        .map(Duration::toNanos)
                        .orElseThrow(() -> new BenchException("process " + pid + " has ended"))
                / 1e9;
    }

    /// The same of it and of all its children, also of those that have ended.
    double cpuSecondsOfAll() {
        double all = cpuTicks(pid) / TICKS;
        for (var child : ProcessHandle.of(pid).stream().flatMap(ProcessHandle::children).toList())
            all += child.info().totalCpuDuration().map(Duration::toNanos).orElse(0L) / 1e9;
        return all;
    }

    /// Its own and those of children that it has waited for.
    private static double cpuTicks(long pid) {
        try {
            var stat = Files.readString(Path.of("/proc", Long.toString(pid), "stat"));
            var fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ");
            double sum = 0;
            for (int i = UTIME; i < UTIME + 4; i++) sum += Double.parseDouble(fields[i]);
            return sum;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
