package dev.wrenn.host.disk;

import dev.wrenn.common.model.MemorySize;
import dev.wrenn.common.model.TemplateId;
import dev.wrenn.common.runtime.AtomicFiles;
import dev.wrenn.common.runtime.Backoff;
import dev.wrenn.common.runtime.Deadline;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.BitSet;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongConsumer;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// A template that is only a disk, on its way to this host: a directory with the outline and a
/// sparse disk, in which each chunk is compared with its sum as it comes. What somebody waits for
/// comes first, the rest behind that. When all is there, the template is installed: whole or not
/// there.
///
/// Which chunks are there is written nowhere: what the disk has already is compared with its sum
/// before it is asked for, so that a kill at any time costs nothing but that. Thread-safe.
public final class ArrivingImage implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(ArrivingImage.class);

    /// Name of the outline in the directory, beside `rootfs.ext4`.
    public static final String OUTLINE = "outline";

    private static final Duration FIRST_PAUSE = Duration.ofMillis(100);
    private static final Duration LONGEST_PAUSE = Duration.ofSeconds(3);

    /// Chunks on their way that nobody waits for.
    private static final int BEHIND = 8;

    /// Whoever asked for the template boots with it at once.
    private static final Duration FIRST_BOOT = Duration.ofSeconds(3);

    private static final Duration LONGEST_BOOT = Duration.ofSeconds(20);

    /// How often a chunk may come with a wrong sum.
    private static final int MOST_WRONG = 5;

    private final Path directory;
    private final TemplateId template;
    private final Path target;
    private final DiskOutline outline;
    private final ChunkSource source;
    private final Disks disks;
    private final LongConsumer meter;
    private final FileChannel file;
    private final CompletableFuture<Void> whole = new CompletableFuture<>();
    private final AtomicLong fetched = new AtomicLong();

    private final Object lock = new Object();
    private final BitSet present = new BitSet(); // guarded by lock
    private final Map<Integer, CompletableFuture<Void>> underWay = new HashMap<>(); // by lock
    private int held; // guarded by lock
    private long quietUntil; // nanoTime; guarded by lock
    private boolean closed; // guarded by lock
    private volatile @Nullable String trouble;

    private ArrivingImage(
            Path directory,
            TemplateId template,
            Path target,
            DiskOutline outline,
            ChunkSource source,
            Disks disks,
            LongConsumer meter,
            FileChannel file) {
        this.directory = directory;
        this.template = template;
        this.target = target;
        this.outline = outline;
        this.source = source;
        this.disks = disks;
        this.meter = meter;
        this.file = file;
    }

    /// Begins to take a template, or goes on with what an earlier life has of it.
    ///
    /// @param directory of its own
    /// @param target where the template is to be
    /// @param outline of a new one; null to go on with the one that is there
    /// @param meter told how many bytes came
    /// @throws IOException when the files cannot be made or read
    public static ArrivingImage open(
            Path directory,
            TemplateId template,
            Path target,
            @Nullable DiskOutline outline,
            ChunkSource source,
            Disks disks,
            LongConsumer meter)
            throws IOException {
        Files.createDirectories(directory, mode("rwx------"));
        var rootfs = directory.resolve(Images.ROOTFS);
        var known = outline;
        if (known == null) {
            var text = Files.readAllBytes(directory.resolve(OUTLINE));
            known = DiskOutline.parse(text).orElseThrow(() -> new IOException("no disk"));
        } else {
            Files.deleteIfExists(rootfs); // of another one
            AtomicFiles.write(directory.resolve(OUTLINE), known.text());
        }
        var file =
                FileChannel.open(
                        rootfs,
                        Set.of(
                                StandardOpenOption.CREATE,
                                StandardOpenOption.READ,
                                StandardOpenOption.WRITE),
                        mode("rw-------"));
        if (file.size() < known.size())
            file.write(ByteBuffer.wrap(new byte[1]), known.size() - 1); // the rest is a hole
        var image =
                new ArrivingImage(directory, template, target, known, source, disks, meter, file);
        if (outline != null) image.quietUntil = System.nanoTime() + FIRST_BOOT.toNanos();
        Thread.ofVirtual().name("arriving " + template).start(image::fill);
        return image;
    }

    private static FileAttribute<Set<PosixFilePermission>> mode(String permissions) {
        return PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString(permissions));
    }

    public DiskOutline outline() {
        return outline;
    }

    /// The disk: what is not there of it yet reads as zeros.
    public Path rootfs() {
        return directory.resolve(Images.ROOTFS);
    }

    /// The outline as a file.
    public Path outlineFile() {
        return directory.resolve(OUTLINE);
    }

    /// Completed when the template is installed, or will never be.
    public CompletableFuture<Void> whole() {
        return whole.copy();
    }

    /// Bytes that came since this process has it.
    public long fetched() {
        return fetched.get();
    }

    /// What keeps it from going on at the moment, for people; null when nothing does.
    public @Nullable String trouble() {
        return trouble;
    }

    /// Somebody boots with it: closing it says that this is over.
    public interface Hold extends AutoCloseable {
        @Override
        void close();
    }

    /// Keeps the files here, and what nobody waits for from coming, until this is closed.
    ///
    /// @return empty when the files are gone
    public Optional<Hold> hold() {
        synchronized (lock) {
            if (closed) return Optional.empty();
            held++;
            quietUntil = System.nanoTime();
        }
        return Optional.of(() -> {
            synchronized (lock) {
                held--;
                lock.notifyAll();
            }
        });
    }

    /// Begins to fetch a chunk before all that nobody waits for.
    ///
    /// @param chunk number in the outline
    /// @return completed when it is there; badly when it will never be
    CompletableFuture<Void> ask(int chunk) {
        synchronized (lock) {
            if (present.get(chunk)) return CompletableFuture.completedFuture(null);
            if (closed)
                return CompletableFuture.failedFuture(
                        new IOException("the template was removed before all of it was here"));
            var asked = underWay.get(chunk);
            if (asked != null) return asked;
            var coming = new CompletableFuture<Void>();
            underWay.put(chunk, coming);
            Thread.ofVirtual().name("chunk " + chunk).start(() -> bring(chunk, coming));
            return coming;
        }
    }

    private void bring(int number, CompletableFuture<Void> coming) {
        try {
            var chunk = outline.chunks().get(number);
            if (!chunk.is(there(chunk))) {
                var bytes = patiently(chunk, true);
                fetched.addAndGet(bytes.length);
            }
            synchronized (lock) {
                present.set(number);
                underWay.remove(number);
            }
            coming.complete(null);
        } catch (IOException | RuntimeException e) {
            synchronized (lock) {
                underWay.remove(number);
            }
            coming.completeExceptionally(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            coming.completeExceptionally(e);
        }
    }

    private byte[] there(DiskOutline.Chunk chunk) throws IOException {
        var bytes = ByteBuffer.allocate(chunk.length());
        while (bytes.hasRemaining())
            if (file.read(bytes, chunk.offset() + bytes.position()) < 0) break;
        return bytes.array();
    }

    /// Asks until the chunk is here, or whoever is asked says that it will not be.
    private byte[] patiently(DiskOutline.Chunk chunk, boolean keep)
            throws IOException, InterruptedException {
        var backoff = new Backoff(FIRST_PAUSE, LONGEST_PAUSE, RandomGenerator.getDefault());
        int wrong = 0;
        while (true) {
            try {
                var bytes = source.chunk(template, chunk.sha256());
                meter.accept(bytes.length);
                if (!chunk.is(bytes)) {
                    if (++wrong == MOST_WRONG)
                        throw new ChunkSource.GoneException(
                                "a chunk of the template does not match its sum");
                    throw new IOException("a chunk does not match its sum");
                }
                if (keep) write(chunk, bytes);
                trouble = null;
                return bytes;
            } catch (ChunkSource.GoneException e) {
                trouble = e.getMessage();
                throw e;
            } catch (IOException | DiskFullException e) {
                if (trouble == null)
                    LOG.atWarn()
                            .addKeyValue("template", template)
                            .log("the template does not go on arriving: {}", e.getMessage());
                trouble = String.valueOf(e.getMessage());
            }
            synchronized (lock) {
                if (closed) throw new IOException("the template is not taken any more");
            }
            Thread.sleep(backoff.next());
        }
    }

    private void write(DiskOutline.Chunk chunk, byte[] bytes) throws IOException {
        disks.requireFree(new MemorySize(bytes.length));
        var rest = ByteBuffer.wrap(bytes);
        while (rest.hasRemaining()) file.write(rest, chunk.offset() + rest.position());
    }

    /// Body of the thread that brings what nobody waits for.
    private void fill() {
        try {
            var width = new Semaphore(BEHIND);
            for (int i = 0; i < outline.chunks().size(); i++) {
                width.acquire();
                awaitTurn();
                if (whole.isDone()) return;
                var _ =
                        ask(i).whenComplete((_, failure) -> {
                            width.release();
                            if (failure != null) fail(failure);
                        });
            }
            width.acquire(BEHIND);
            if (whole.isDone()) return;
            install(patiently(outline.marker(), false));
            whole.complete(null);
            LOG.atInfo()
                    .addKeyValue("template", template)
                    .addKeyValue("bytes", outline.bytes())
                    .addKeyValue("fetched", fetched.get())
                    .log("arrived chunk by chunk");
        } catch (IOException | RuntimeException e) {
            fail(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            fail(e);
        }
    }

    private void awaitTurn() throws InterruptedException, IOException {
        synchronized (lock) {
            while (!closed) {
                long quiet = quietUntil - System.nanoTime();
                if (held > 0) lock.wait();
                else if (quiet > 0) lock.wait(quiet / 1_000_000 + 1);
                else return;
            }
            throw new IOException("the template is not taken any more");
        }
    }

    private void fail(Throwable failure) {
        var cause = failure instanceof CompletionException e ? e.getCause() : failure;
        if (whole.completeExceptionally(Objects.requireNonNullElse(cause, failure)))
            LOG.atWarn()
                    .addKeyValue("template", template)
                    .log("the template does not arrive: {}", String.valueOf(cause));
    }

    /// Steps: disk, marker, all on disk, then the name.
    private void install(byte[] marker) throws IOException {
        file.force(true);
        if (Files.exists(target)) return; // brought as a whole meanwhile
        var draft = target.resolveSibling(Images.UNFINISHED + target.getFileName());
        Files.createDirectories(draft);
        Files.deleteIfExists(draft.resolve(Images.ROOTFS));
        Files.createLink(draft.resolve(Images.ROOTFS), rootfs());
        AtomicFiles.write(draft.resolve(Images.MARKER), marker);
        AtomicFiles.syncDirectory(draft);
        Files.move(draft, target, StandardCopyOption.ATOMIC_MOVE);
        AtomicFiles.syncDirectory(Objects.requireNonNull(target.getParent()));
    }

    /// Removes what is left of it here, after those who boot with it; the template, when it was
    /// installed, stays.
    public void remove() throws IOException, InterruptedException {
        var deadline = Deadline.after(LONGEST_BOOT);
        synchronized (lock) {
            while (held > 0 && !deadline.passed()) lock.wait(deadline.left().toMillis() + 1);
        }
        close();
        for (var name : Set.of(Images.ROOTFS, OUTLINE))
            Files.deleteIfExists(directory.resolve(name));
        Files.deleteIfExists(directory);
    }

    /// Fetches no more; what is there stays for the next life.
    @Override
    public void close() {
        synchronized (lock) {
            closed = true;
            lock.notifyAll();
        }
        fail(new IOException("the template was removed before all of it was here"));
        try {
            file.close();
        } catch (IOException e) {
            LOG.atDebug().setCause(e).log("disk of an arriving template not closed");
        }
    }
}
