package dev.wrenn.host.capsule;

import dev.wrenn.common.model.CapsuleId;
import dev.wrenn.common.model.InvalidIdException;
import dev.wrenn.common.runtime.AtomicFiles;
import dev.wrenn.host.disk.ArrivingDisk;
import java.io.IOException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// `{D}/sandboxes/{cl-id}/record.json`, next to the capsule's disk, control socket and VMM
/// messages; broken ones move to `{D}/quarantine`. Directories are 0700, records 0600.
final class FileRecords implements Records {
    static final String DISK = "disk.ext4";
    static final String RECORD = "record.json";

    private static final Logger LOG = LoggerFactory.getLogger(FileRecords.class);

    private final Path sandboxes;
    private final Path quarantine;
    private final Path waiting;
    private final Clock clock;

    FileRecords(Path dataDir, Clock clock) {
        this.sandboxes = dataDir.resolve("sandboxes");
        this.quarantine = dataDir.resolve("quarantine");
        this.waiting = dataDir.resolve("waiting");
        this.clock = clock;
        try {
            makePrivate(sandboxes);
            makePrivate(waiting);
        } catch (IOException e) {
            throw new CapsuleException("sandbox directory cannot be made", e);
        }
    }

    @Override
    public List<CapsuleRecord> load() {
        for (var left : children(waiting)) remove(left);
        var records = new ArrayList<CapsuleRecord>();
        for (var directory : children(sandboxes)) {
            try {
                var id = CapsuleId.parse(directory.getFileName().toString());
                load(directory, id).ifPresent(records::add);
            } catch (InvalidIdException e) {
                LOG.atWarn()
                        .addKeyValue("name", directory.getFileName())
                        .log("not a capsule's directory, left alone");
            }
        }
        return records;
    }

    private Optional<CapsuleRecord> load(Path directory, CapsuleId id) {
        try {
            var file = directory.resolve(RECORD);
            // Empty: noted just before a power cut, which ended its VM as well.
            if (!Files.exists(file) || Files.size(file) == 0) {
                LOG.atInfo().addKeyValue("capsule", id).log("removing files without a record");
                removeTree(directory);
                return Optional.empty();
            }
            removeTemporaries(directory);
            return Optional.of(RecordJson.read(Files.readAllBytes(file), id));
        } catch (RecordJson.CorruptRecord e) {
            LOG.atError()
                    .addKeyValue("capsule", id)
                    .setCause(e)
                    .log("record is broken: capsule set aside in quarantine");
            setAside(directory);
            return Optional.empty();
        } catch (IOException e) {
            throw new CapsuleException("record of " + id + " cannot be read", e);
        }
    }

    @Override
    public Path directory(CapsuleId id) {
        return sandboxes.resolve(id.toString());
    }

    @Override
    public void prepare(CapsuleId id) {
        try {
            removeTree(directory(id));
            makePrivate(directory(id));
        } catch (IOException e) {
            throw new CapsuleException("directory of " + id + " cannot be made", e);
        }
    }

    @Override
    public Path waiting(CapsuleId id) {
        return waiting.resolve(id.toString());
    }

    @Override
    public void prepareWaiting(CapsuleId id) {
        try {
            makePrivate(waiting(id));
        } catch (IOException e) {
            throw new CapsuleException("directory of " + id + " cannot be made", e);
        }
    }

    @Override
    public void forgetWaiting(CapsuleId id) {
        remove(waiting(id));
    }

    private static void remove(Path directory) {
        try {
            removeTree(directory);
        } catch (IOException e) {
            throw new CapsuleException(directory.getFileName() + " cannot be removed", e);
        }
    }

    @Override
    public void take(CapsuleId from, CapsuleId id) {
        try {
            // rename(2) replaces an empty directory
            Files.move(waiting(from), directory(id), StandardCopyOption.ATOMIC_MOVE);
        } catch (IOException e) {
            throw new CapsuleException("directory of " + from + " cannot be moved", e);
        }
    }

    @Override
    public void write(CapsuleRecord record) {
        var id = record.request().id();
        try {
            AtomicFiles.write(directory(id).resolve(RECORD), RecordJson.write(record));
        } catch (IOException e) {
            throw new CapsuleException("record of " + id + " cannot be written", e);
        }
    }

    @Override
    public void note(CapsuleRecord record) {
        var id = record.request().id();
        var target = directory(id).resolve(RECORD);
        var temporary = directory(id).resolve(".note" + AtomicFiles.TEMPORARY);
        try {
            Files.deleteIfExists(temporary);
            Files.createFile(
                    temporary,
                    PosixFilePermissions.asFileAttribute(
                            PosixFilePermissions.fromString("rw-------")));
            Files.write(temporary, RecordJson.write(record));
            Files.move(temporary, target, StandardCopyOption.ATOMIC_MOVE);
        } catch (IOException e) {
            throw new CapsuleException("record of " + id + " cannot be written", e);
        }
    }

    @Override
    public void removeDisk(CapsuleId id) {
        try {
            Files.deleteIfExists(directory(id).resolve(DISK));
            ArrivingDisk.removeBeside(directory(id).resolve(DISK));
        } catch (IOException e) {
            throw new CapsuleException("disk of " + id + " cannot be removed", e);
        }
    }

    @Override
    public void forget(CapsuleId id) {
        remove(directory(id));
    }

    private void setAside(Path directory) {
        try {
            makePrivate(quarantine);
            var target =
                    quarantine.resolve(
                            directory.getFileName() + "-" + clock.instant().toEpochMilli());
            Files.move(directory, target);
        } catch (IOException e) {
            LOG.atError().setCause(e).log("broken record cannot be moved, left where it is");
        }
    }

    private static void removeTemporaries(Path directory) throws IOException {
        for (var child : children(directory))
            if (child.getFileName().toString().endsWith(AtomicFiles.TEMPORARY))
                Files.deleteIfExists(child);
    }

    /// Removes a directory of plain files, the record last: what is left after a crash still says
    /// whose it is.
    private static void removeTree(Path directory) throws IOException {
        if (!Files.isDirectory(directory)) return;
        for (var child : children(directory)) {
            if (child.getFileName().toString().equals(RECORD)) continue;
            if (Files.isDirectory(child, java.nio.file.LinkOption.NOFOLLOW_LINKS))
                removeTree(child);
            else Files.deleteIfExists(child);
        }
        AtomicFiles.delete(directory.resolve(RECORD));
        Files.deleteIfExists(directory);
    }

    private static List<Path> children(Path directory) {
        var found = new ArrayList<Path>();
        try (var entries = Files.newDirectoryStream(directory)) {
            entries.forEach(found::add);
        } catch (IOException | DirectoryIteratorException e) {
            throw new CapsuleException("directory cannot be listed", e);
        }
        return found;
    }

    private static void makePrivate(Path directory) throws IOException {
        Files.createDirectories(
                directory,
                PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
    }
}
