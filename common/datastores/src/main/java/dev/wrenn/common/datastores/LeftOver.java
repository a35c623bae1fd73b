package dev.wrenn.common.datastores;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Servers that outlived their parent.
final class LeftOver {
    private static final Logger LOG = LoggerFactory.getLogger(LeftOver.class);

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
}
