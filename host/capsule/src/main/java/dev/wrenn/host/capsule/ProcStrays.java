package dev.wrenn.host.capsule;

import java.io.IOException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Finds processes by user id in `/proc`: a VMM's user id belongs to one slot of one machine, so
/// whoever has it is the VMM of that slot.
final class ProcStrays implements Rooms.Strays {
    private static final Logger LOG = LoggerFactory.getLogger(ProcStrays.class);
    private static final Path PROC = Path.of("/proc");
    private static final long END_LIMIT_SECONDS = 10;

    @Override
    public void end(Set<Integer> uids) {
        if (uids.isEmpty()) return;
        for (var process : processes(uids)) {
            LOG.atWarn()
                    .addKeyValue("pid", process.pid())
                    .log("killing a VMM that no record names");
            process.destroyForcibly();
            try {
                process.onExit().orTimeout(END_LIMIT_SECONDS, TimeUnit.SECONDS).join();
            } catch (CompletionException e) {
                throw new CapsuleException("VMM " + process.pid() + " does not end", e);
            }
        }
    }

    private static List<ProcessHandle> processes(Set<Integer> uids) {
        var found = new ArrayList<ProcessHandle>();
        try (var entries = Files.newDirectoryStream(PROC, "[0-9]*")) {
            for (var entry : entries)
                if (uids.contains(uid(entry)))
                    ProcessHandle.of(Long.parseLong(entry.getFileName().toString()))
                            .ifPresent(found::add);
        } catch (IOException | DirectoryIteratorException e) {
            throw new CapsuleException("processes cannot be listed", e);
        }
        return found;
    }

    /// The real user id, proc(5); -1 for a process that ended while being looked at.
    private static int uid(Path process) {
        try {
            for (var line : Files.readAllLines(process.resolve("status")))
                if (line.startsWith("Uid:")) return Integer.parseInt(line.split("\\s+")[1]);
        } catch (IOException e) {
            return -1;
        }
        return -1;
    }
}
