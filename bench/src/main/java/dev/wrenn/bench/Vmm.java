package dev.wrenn.bench;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;

/// What the kernel tells of a running VMM process (proc(5)).
record Vmm(long pid) {
    /// The one child of a program that drives it.
    static Vmm below(long driver) {
        var children = ProcessHandle.of(driver).stream().flatMap(ProcessHandle::children).toList();
        if (children.size() != 1)
            throw new BenchException("process " + driver + " has " + children.size() + " children");
        return new Vmm(children.getFirst().pid());
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

    /// Processor time of all its threads since it began.
    double cpuSeconds() {
        return ProcessHandle.of(pid)
                        .flatMap(process -> process.info().totalCpuDuration())
                        .map(Duration::toNanos)
                        .orElseThrow(() -> new BenchException("process " + pid + " has ended"))
                / 1e9;
    }
}
