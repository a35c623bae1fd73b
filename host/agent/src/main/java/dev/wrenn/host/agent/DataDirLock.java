package dev.wrenn.host.agent;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/// One agent per data directory: a lock on `agent.lock`, which ends with the process however it
/// ends.
final class DataDirLock implements AutoCloseable {
    private final FileChannel file;

    private DataDirLock(FileChannel file) {
        this.file = file;
    }

    /// @throws AgentException when another agent has it
    static DataDirLock take(Path dataDir) {
        try {
            Files.createDirectories(dataDir);
            var file =
                    FileChannel.open(
                            dataDir.resolve("agent.lock"),
                            StandardOpenOption.CREATE,
                            StandardOpenOption.WRITE);
            if (locked(file)) return new DataDirLock(file);
            file.close();
            throw new AgentException("another host agent runs in " + dataDir);
        } catch (IOException e) {
            throw new AgentException("data directory cannot be locked: " + dataDir, e);
        }
    }

    private static boolean locked(FileChannel file) throws IOException {
        try {
            return file.tryLock() != null;
        } catch (OverlappingFileLockException e) {
            return false; // an agent in this very process
        }
    }

    @Override
    public void close() throws IOException {
        file.close();
    }
}
