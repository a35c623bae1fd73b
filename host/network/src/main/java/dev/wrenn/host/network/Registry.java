package dev.wrenn.host.network;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.ReentrantLock;

/// Whose each slot of this machine is: a file per taken slot, named by its index, holding the
/// owner's data directory. Thread-safe, also between processes.
final class Registry {
    // file locks belong to the process: threads, and registries of several owners, exclude each
    // other
    private static final ReentrantLock LOCAL = new ReentrantLock();
    private static final AtomicInteger COUNTER = new AtomicInteger();

    private final Path runDir;
    private final Path slots;
    private final String owner;
    private final AtomicInteger last = new AtomicInteger(Slot.FIRST - 1);

    Registry(Path runDir, Path ownerDataDir) throws IOException {
        this.runDir = runDir;
        this.slots = runDir.resolve("slots");
        this.owner = ownerDataDir.toRealPath().toString();
        Files.createDirectories(
                slots,
                PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
    }

    /// Takes a free index, the next after the one taken last: addresses are not used again at once.
    ///
    /// @throws SlotsExhausted when there is none
    int claim() throws IOException {
        var draft =
                Files.writeString(
                        runDir.resolve(
                                "claim-"
                                        + ProcessHandle.current().pid()
                                        + "-"
                                        + COUNTER.incrementAndGet()),
                        owner,
                        StandardOpenOption.CREATE_NEW);
        try {
            for (int tried = 0; tried < Slot.LAST; tried++) {
                int index = last.updateAndGet(i -> i >= Slot.LAST ? Slot.FIRST : i + 1);
                try {
                    Files.createLink(file(index), draft); // appears with its content, or fails
                    return index;
                } catch (FileAlreadyExistsException e) {
                    // someone's; try the next
                }
            }
            throw new SlotsExhausted();
        } finally {
            Files.deleteIfExists(draft);
        }
    }

    /// Gives an index back.
    void free(int index) throws IOException {
        Files.deleteIfExists(file(index));
    }

    /// True when the index is taken by this owner.
    boolean owns(int index) {
        return ownerOf(index).filter(owner::equals).isPresent();
    }

    /// Every taken index with its owner.
    Map<Integer, String> all() throws IOException {
        var found = new TreeMap<Integer, String>();
        try (var files = Files.newDirectoryStream(slots, "[0-9]*")) {
            for (var file : files) {
                int index = Integer.parseInt(file.getFileName().toString());
                ownerOf(index).ifPresent(who -> found.put(index, who));
            }
        }
        return found;
    }

    /// True for slots of this owner, and of owners whose data directory does not exist any more.
    boolean mayRemove(String who) {
        return who.equals(owner) || !Files.exists(Path.of(who));
    }

    /// Runs `work` while no other agent of this machine does.
    void locked(Runnable work) throws IOException {
        LOCAL.lock();
        try (var channel =
                        FileChannel.open(
                                runDir.resolve("lock"),
                                StandardOpenOption.CREATE,
                                StandardOpenOption.WRITE);
                var _ = channel.lock()) {
            work.run();
        } finally {
            LOCAL.unlock();
        }
    }

    private Optional<String> ownerOf(int index) {
        try {
            return Optional.of(Files.readString(file(index)));
        } catch (IOException e) {
            return Optional.empty(); // given back meanwhile
        }
    }

    private Path file(int index) {
        return slots.resolve(Integer.toString(index));
    }
}
