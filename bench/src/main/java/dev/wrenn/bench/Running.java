package dev.wrenn.bench;

import static java.nio.charset.StandardCharsets.US_ASCII;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;

/// What the kernel tells of a running process (proc(5)).
record Running(long pid) {
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
}
