package dev.wrenn.bench;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;

/// How many VMs wait for creates, from the host agent's log.
final class WaitingVms {
    /// Settings of an installation in which none waits: every create is a restore.
    static final java.util.Map<String, String> NONE = java.util.Map.of("WRENN_WAITING_VMS", "off");

    private static final long LIMIT_MS = 60_000;
    private static final long POLL_MS = 50;

    private WaitingVms() {}

    /// Waits until so many wait, and the host is busy with no more of them.
    static void await(Path log, int count) {
        long deadline = System.nanoTime() + LIMIT_MS * 1_000_000;
        while (count(log) < count) {
            if (System.nanoTime() > deadline)
                throw new BenchException("no " + count + " waiting VMs after " + LIMIT_MS + " ms");
            try {
                Thread.sleep(POLL_MS);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new BenchException("interrupted while waiting for waiting VMs", e);
            }
        }
    }

    private static int count(Path log) {
        int count = 0;
        try {
            for (var line : Files.readAllLines(log)) {
                var entry = LogLine.parse(line);
                if (entry.isEmpty()) continue;
                if (entry.get().says("a VM waits"))
                    count = Integer.parseInt(entry.get().value("waiting"));
                else if (entry.get().says("running") && entry.get().value("kind").equals("waiting"))
                    count--;
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return count;
    }
}
