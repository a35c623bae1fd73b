package dev.wrenn.common.datastores;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Servers that outlived their parent.
final class LeftOver {
    private static final Logger LOG = LoggerFactory.getLogger(LeftOver.class);
    private static final Duration POLL = Duration.ofMillis(20);

    private LeftOver() {}

    /// Stops the process that `pidFile` names, when it works in `data`. The caller has the lock of
    /// `data`, so nobody else answers for that process.
    static void stop(Path pidFile, Path data, String signal, Duration limit) throws IOException {
        if (!Files.exists(pidFile)) return;
        long pid;
        try (var lines = Files.lines(pidFile)) {
            pid = Long.parseLong(lines.findFirst().orElse("").strip());
        } catch (NumberFormatException e) {
            return; // cut short by a crash; the server sorts that out itself
        }
        awaitReaped(pid, limit);
        var process = ProcessHandle.of(pid).orElse(null);
        if (process == null) return;
        var directory = Path.of("/proc", Long.toString(pid), "cwd");
        try {
            if (!Files.isSameFile(directory, data)) return;
        } catch (IOException e) {
            return; // ended, or another account's process under a reused number
        }
        LOG.atWarn().addKeyValue("pid", pid).log("stopping a server of an earlier life");
        Child.stop(process, signal, limit);
    }

    /// A process that was killed keeps its number until its parent has asked how it ended, and a
    /// server takes whoever has the number in its file for alive. The parent is not us: polls.
    ///
    /// @throws DatastoreException when the parent does not ask in time
    private static void awaitReaped(long pid, Duration limit) throws IOException {
        long end = System.nanoTime() + limit.toNanos();
        while (isZombie(pid)) {
            if (System.nanoTime() > end)
                throw new DatastoreException(
                        "process "
                                + pid
                                + " of an earlier life has ended, but its parent does not wait for"
                                + " it: end the parent, or run an init that waits for orphans");
            try {
                Thread.sleep(POLL);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new DatastoreException("interrupted", e);
            }
        }
    }

    /// proc_pid_stat(5): the state follows the name in parentheses, which may hold anything.
    static boolean isZombie(long pid) throws IOException {
        try {
            var stat = Files.readString(Path.of("/proc", Long.toString(pid), "stat"));
            return stat.startsWith(") Z", stat.lastIndexOf(')'));
        } catch (NoSuchFileException e) {
            return false;
        }
    }
}
