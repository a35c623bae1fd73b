package dev.wrenn.cli.instance;

import dev.wrenn.cli.DataDir;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/// What a supervisor leaves when it is killed: processes (those of parts end by themselves, but
/// perhaps not yet), capsules, and the mount. Called with the instance's lock.
final class Leftovers {
    private static final Duration GRACE = Duration.ofSeconds(15);
    private static final Path SLOTS = Path.of("/run/wrenn/slots");

    private final DataDir data;
    private final Progress progress;

    Leftovers(DataDir data, Progress progress) {
        this.data = data;
        this.progress = progress;
    }

    /// Ends the parts named by pid files, unless the number belongs to another program by now.
    /// Capsules stay: the next host agent takes them over.
    static void stopProcesses(DataDir data) throws IOException {
        var files = new ArrayList<Path>();
        try (var found = Files.newDirectoryStream(data.run(), "*.pid")) {
            found.forEach(files::add);
        }
        // Those that use a database before the databases: agent, control, postgres, redis.
        files.sort(null);
        for (var file : files) {
            var process = ProcessId.read(file);
            if (process.isPresent() && !process.get().end(GRACE))
                throw new InstanceException("cannot be stopped: pid " + process.get().pid());
            Files.deleteIfExists(file);
        }
    }

    /// Everything: processes, then capsules, then the mount. Does nothing where nothing is.
    void removeAll() throws Exception {
        stopProcesses(data);
        var spawner = new Spawner();
        var volume = new HostVolume(data);
        if (hasCapsules())
            progress.run(
                    "ending capsules of a killed run",
                    () -> new OrphanedCapsules(data, spawner).end());
        volume.close();
        forget(data);
    }

    /// Capsules may live when they have a record, or a network slot of this machine is claimed.
    private boolean hasCapsules() throws IOException {
        return !list(data.host().resolve("sandboxes")).isEmpty() || claimsSlot();
    }

    private boolean claimsSlot() throws IOException {
        for (var claim : list(SLOTS)) {
            try {
                if (Files.readString(claim).strip().startsWith(data.host().toString())) return true;
            } catch (IOException e) {
                // given back by its owner meanwhile
            }
        }
        return false;
    }

    private static List<Path> list(Path directory) throws IOException {
        if (!Files.isDirectory(directory)) return List.of();
        try (var entries = Files.list(directory)) {
            return entries.toList();
        }
    }

    /// Removes what names processes that are gone.
    static void forget(DataDir data) throws IOException {
        try (var files = Files.newDirectoryStream(data.run(), "*.pid")) {
            for (var file : files) Files.deleteIfExists(file);
        }
        Files.deleteIfExists(InstanceState.file(data.run()));
    }
}
