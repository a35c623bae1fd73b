package dev.wrenn.host.disk;

import dev.wrenn.common.model.MemorySize;
import dev.wrenn.host.linux.ErrnoException;
import dev.wrenn.host.linux.Fd;
import dev.wrenn.host.linux.Posix;
import dev.wrenn.host.linux.Sparse;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.locks.ReentrantReadWriteLock;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The disk of a VM that was made of an [ArrivingImage]: filled chunk by chunk from there, those
/// first that the VM reads, and served to the VM meanwhile. In the VM's directory: the disk itself;
/// links to the arriving disk and its outline, so that this disk becomes whole whatever happens to
/// the template; and which chunks are here, for the agent's next life. Where the file system shares
/// blocks a chunk costs no space. Thread-safe.
public final class ArrivingDisk implements ServedDisk, AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(ArrivingDisk.class);

    private static final String SOURCE = ".source";
    private static final String OUTLINE = ".outline";
    private static final String PRESENT = ".present";
    private static final String SERVED = "nbd"; // paths of sockets are short
    private static final String SOCKET = "s";
    private static final int STRIPES = 64;

    private final Path disk;
    private final DiskOutline outline;
    private final Disks disks;
    private final Optional<ArrivingImage> image;
    private final long size;
    private final FileChannel file;
    private final Fd own;
    private final Fd source;
    private final FileChannel marks;
    private final NbdServer server;
    private final ReentrantReadWriteLock gate = new ReentrantReadWriteLock();
    private final Object[] stripes = new Object[STRIPES];
    private final BitSet present = new BitSet(); // guarded by itself
    private final CompletableFuture<Void> whole = new CompletableFuture<>();
    private volatile boolean closed;

    private ArrivingDisk(Path disk, DiskOutline outline, Disks disks, Optional<ArrivingImage> image)
            throws IOException {
        this.disk = disk;
        this.outline = outline;
        this.disks = disks;
        this.image = image;
        for (int i = 0; i < STRIPES; i++) stripes[i] = new Object();
        this.file = FileChannel.open(disk, StandardOpenOption.READ, StandardOpenOption.WRITE);
        this.size = file.size();
        this.own = Posix.open(disk, Posix.O_RDWR);
        this.source = Posix.open(beside(disk, SOURCE), Posix.O_RDONLY);
        this.marks =
                FileChannel.open(
                        beside(disk, PRESENT),
                        StandardOpenOption.CREATE,
                        StandardOpenOption.READ,
                        StandardOpenOption.WRITE);
        var bytes = ByteBuffer.allocate(outline.chunks().size());
        while (bytes.hasRemaining() && marks.read(bytes, bytes.position()) >= 0) {}
        for (int i = 0; i < bytes.position(); i++) if (bytes.get(i) != 0) present.set(i);
        Files.createDirectories(served(disk));
        Files.setPosixFilePermissions(served(disk), PosixFilePermissions.fromString("rwx--x--x"));
        this.server = NbdServer.start(socket(disk), this);
        Thread.ofVirtual().name("filling " + disk).start(this::fill);
    }

    /// Whether the path of the socket would be short enough for one.
    public static boolean fits(Path disk) {
        return socket(disk).toString().length() <= NbdServer.LONGEST_PATH;
    }

    /// Makes the disk of a VM and serves it.
    ///
    /// @param disk path of the file, which must not be there
    /// @param size at least the image's
    /// @throws IOException when it cannot be made
    public static ArrivingDisk make(Path disk, MemorySize size, ArrivingImage image, Disks disks)
            throws IOException {
        int create = Posix.O_RDWR | Posix.O_CREAT | Posix.O_EXCL;
        try (var fd = Posix.open(disk, create, 0600)) {
            Posix.truncate(fd, Math.max(size.bytes(), image.outline().size()));
        } catch (ErrnoException e) {
            throw new IOException(e.getMessage(), e);
        }
        Files.createLink(beside(disk, OUTLINE), image.outlineFile());
        Files.createLink(beside(disk, SOURCE), image.rootfs());
        return new ArrivingDisk(disk, image.outline(), disks, Optional.of(image));
    }

    /// Whether a disk was made by [#make] and never became whole.
    public static boolean exists(Path disk) {
        return Files.exists(beside(disk, SOURCE)) && Files.exists(disk);
    }

    /// Serves a disk of an earlier life again.
    ///
    /// @param image that still arrives; empty when all of it is here
    public static ArrivingDisk again(Path disk, Optional<ArrivingImage> image, Disks disks)
            throws IOException {
        var text = Files.readAllBytes(beside(disk, OUTLINE));
        var outline = DiskOutline.parse(text).orElseThrow(() -> new IOException("no disk"));
        return new ArrivingDisk(disk, outline, disks, image);
    }

    /// The image that a disk of an earlier life comes from, when it is the same file.
    public static boolean isOf(Path disk, ArrivingImage image) throws IOException {
        return Files.isSameFile(beside(disk, SOURCE), image.rootfs());
    }

    /// Removes what is beside a disk; nothing there is fine.
    public static void removeBeside(Path disk) throws IOException {
        Files.deleteIfExists(socket(disk));
        Files.deleteIfExists(served(disk));
        for (var name : new String[] {SOURCE, OUTLINE, PRESENT})
            Files.deleteIfExists(beside(disk, name));
    }

    /// Whether chunks of it are to come with that image.
    public boolean needs(ArrivingImage of) {
        return image.isPresent() && image.get() == of && !whole.isDone();
    }

    /// Where it is served.
    public Path socket() {
        return socket(disk);
    }

    private static Path socket(Path disk) {
        return served(disk).resolve(SOCKET);
    }

    /// A directory with nothing but the socket in it, which is all that the VMM sees of this.
    private static Path served(Path disk) {
        return disk.resolveSibling(SERVED);
    }

    private static Path beside(Path disk, String ending) {
        return disk.resolveSibling(disk.getFileName() + ending);
    }

    /// Completed when all of the disk is in its file; badly when it will never be.
    public CompletableFuture<Void> whole() {
        return whole.copy();
    }

    /// Body of the thread that fills what the VM does not read.
    private void fill() {
        try {
            if (image.isPresent()) image.get().whole().get();
            for (int i = 0; i < outline.chunks().size() && !closed; i++) need(i);
            if (closed) whole.completeExceptionally(new IOException("not served any more"));
            else whole.complete(null);
        } catch (ExecutionException e) {
            whole.completeExceptionally(new IOException(words(e), e));
        } catch (IOException | RuntimeException e) {
            whole.completeExceptionally(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            whole.completeExceptionally(e);
        }
    }

    /// Makes all chunks of a range present.
    private void need(long offset, long length) throws IOException, InterruptedException {
        var chunks = outline.chunks();
        int first = outline.firstAfter(offset);
        var asked = new ArrayList<Integer>();
        for (int i = first; i < chunks.size() && chunks.get(i).offset() < offset + length; i++) {
            if (isPresent(i)) continue;
            asked.add(i);
            if (image.isPresent()) image.get().ask(i); // all of them at once
        }
        for (int i : asked) need(i);
    }

    private boolean isPresent(int chunk) {
        synchronized (present) {
            return present.get(chunk);
        }
    }

    private void need(int number) throws IOException, InterruptedException {
        if (isPresent(number)) return;
        if (image.isPresent()) {
            try {
                image.get().ask(number).get();
            } catch (ExecutionException e) {
                throw new IOException(words(e), e);
            }
        }
        var chunk = outline.chunks().get(number);
        synchronized (stripes[number % STRIPES]) {
            if (isPresent(number)) return;
            if (image.isEmpty() && !chunk.is(inSource(chunk)))
                throw new IOException("the template was removed before all of it was here");
            disks.requireFree(new MemorySize(disks.reflink() ? 0 : chunk.length()));
            open(() -> Posix.copyRange(source, own, chunk.offset(), chunk.length()));
            marks.write(ByteBuffer.wrap(new byte[] {1}), number);
            synchronized (present) {
                present.set(number);
            }
        }
    }

    private static String words(ExecutionException e) {
        var cause = e.getCause();
        return String.valueOf(cause == null ? e.getMessage() : cause.getMessage());
    }

    private byte[] inSource(DiskOutline.Chunk chunk) throws IOException {
        var bytes = ByteBuffer.allocate(chunk.length());
        try (var from = FileChannel.open(beside(disk, SOURCE), StandardOpenOption.READ)) {
            while (bytes.hasRemaining())
                if (from.read(bytes, chunk.offset() + bytes.position()) < 0) break;
        }
        return bytes.array();
    }

    /// Uses descriptors, which stay open meanwhile.
    private void open(Runnable use) throws IOException {
        gate.readLock().lock();
        try {
            if (closed) throw new IOException("not served any more");
            use.run();
        } catch (ErrnoException e) {
            throw new IOException(e.getMessage(), e);
        } finally {
            gate.readLock().unlock();
        }
    }

    @Override
    public long size() {
        return size;
    }

    @Override
    public void read(long offset, ByteBuffer into) throws IOException, InterruptedException {
        need(offset, into.remaining());
        for (long at = offset; into.hasRemaining(); ) {
            int count = file.read(into, at);
            if (count < 0) throw new IOException("the disk ends at " + at);
            at += count;
        }
    }

    @Override
    public void write(long offset, ByteBuffer from) throws IOException, InterruptedException {
        need(offset, from.remaining());
        for (long at = offset; from.hasRemaining(); ) at += file.write(from, at);
    }

    /// What has not come yet is left alone: it would come after that.
    @Override
    public void discard(long offset, long length) throws IOException, InterruptedException {
        long end = offset + length;
        var chunks = outline.chunks();
        int next = outline.firstAfter(offset);
        for (long at = offset; at < end; ) {
            boolean inside = next < chunks.size() && chunks.get(next).offset() <= at;
            var chunk = next < chunks.size() ? chunks.get(next) : null;
            long until =
                    chunk == null ? end : inside ? chunk.offset() + chunk.length() : chunk.offset();
            until = Math.min(until, end);
            if (!inside || isPresent(next)) punch(at, until - at);
            if (inside) next++;
            at = until;
        }
    }

    @Override
    public void zero(long offset, long length) throws IOException, InterruptedException {
        need(offset, length);
        punch(offset, length);
    }

    private void punch(long offset, long length) throws IOException {
        if (length == 0) return;
        open(() -> Sparse.punch(own, offset, length));
    }

    @Override
    public void flush() throws IOException {
        file.force(false);
    }

    /// Serves it no more; what is beside the disk stays.
    @Override
    public void close() {
        server.close(); // first: a request that fails because of this is asked again, not answered
        closed = true;
        whole.completeExceptionally(new IOException("not served any more"));
        gate.writeLock().lock();
        try (file;
                marks) {
            own.close();
            source.close();
        } catch (IOException e) {
            LOG.atWarn().setCause(e).log("a served disk is not closed");
        } finally {
            gate.writeLock().unlock();
        }
    }
}
