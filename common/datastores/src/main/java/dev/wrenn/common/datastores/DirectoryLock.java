package dev.wrenn.common.datastores;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import org.jspecify.annotations.Nullable;

/// Says which process serves a data directory: a lock on a file beside it, which the kernel gives
/// back when that process ends.
record DirectoryLock(FileChannel file) implements AutoCloseable {
    /// @throws DatastoreException when another process, or this one, has it
    static DirectoryLock take(Path directory) {
        var path = directory.resolveSibling(directory.getFileName() + ".lock");
        try {
            var file = FileChannel.open(path, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
            if (locked(file) != null) return new DirectoryLock(file);
            file.close();
        } catch (IOException e) {
            throw new DatastoreException(path + ": " + e.getMessage(), e);
        }
        throw new DatastoreException(directory + ": served by another process already");
    }

    @Override
    public void close() {
        try {
            file.close();
        } catch (IOException e) {
            throw new DatastoreException("lock: " + e.getMessage(), e);
        }
    }

    private static @Nullable FileLock locked(FileChannel file) throws IOException {
        try {
            return file.tryLock();
        } catch (OverlappingFileLockException e) { // this process has it
            return null;
        }
    }
}
