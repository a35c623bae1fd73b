package dev.wrenn.host.memory;

import static java.nio.charset.StandardCharsets.US_ASCII;

import dev.wrenn.common.runtime.AtomicFiles;
import dev.wrenn.host.linux.Posix;
import java.io.DataInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;

/// Images on their way from one host to another: files cut into chunks that are named by their
/// SHA-256; what is only zeros is left out. Memory: one chunk, whatever the image's size.
///
/// An outline is text: `file NAME BYTES`, below it `chunk OFFSET LENGTH SHA256` for each chunk, at
/// the end `end`. What arrives are frames, see [#receive].
public final class ImageChunks {
    /// The length of every chunk but the last of a file.
    public static final int CHUNK = 256 << 10;

    private static final byte[] ZEROS = new byte[CHUNK];
    private static final Pattern NAME = Pattern.compile("[a-z0-9][a-z0-9.-]{0,99}");
    private static final int MOST_FILES = 64;
    private static final long LARGEST_FILE = 1L << 44;
    private static final int DIGEST_BYTES = 32;
    private static final byte FILE = 1;
    private static final byte DATA = 2;
    private static final byte END = 3;

    /// How much may be written before the room is looked at again.
    private static final long STRIDE = 64L << 20;

    private ImageChunks() {}

    /// Says whether a directory that has arrived is what it should be.
    public interface Whole {
        /// @throws CorruptImageException when it is not
        void check(Path directory) throws IOException, CorruptImageException;
    }

    /// Writes the outline of a directory of plain files, none of which changes.
    public static void outline(Path directory, OutputStream out) throws IOException {
        var chunk = new byte[CHUNK];
        for (var file : files(directory)) {
            try (var fd = Posix.open(file, Posix.O_RDONLY);
                    var channel = FileChannel.open(file, StandardOpenOption.READ)) {
                long size = channel.size();
                line(out, "file " + file.getFileName() + " " + size);
                long at = 0;
                while (at < size) {
                    var data = Posix.nextData(fd, at);
                    if (data.isEmpty()) break;
                    long from = Math.max(at, data.getAsLong() / CHUNK * CHUNK);
                    int length = (int) Math.min(CHUNK, size - from);
                    fill(channel, from, chunk, length);
                    if (!isZero(chunk, length))
                        line(out, "chunk " + from + " " + length + " " + hex(chunk, length));
                    at = from + length;
                }
            }
        }
        line(out, "end");
    }

    /// Writes a range of one file of a directory.
    ///
    /// @throws IOException also when there is no such file, or it ends before the range does
    public static void read(Path directory, String name, long from, long length, OutputStream out)
            throws IOException {
        if (!NAME.matcher(name).matches()) throw new IOException("no such file");
        var file = directory.resolve(name);
        if (!Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS))
            throw new IOException("no such file");
        var chunk = new byte[CHUNK];
        try (var channel = FileChannel.open(file, StandardOpenOption.READ)) {
            for (long done = 0; done < length; ) {
                int next = (int) Math.min(CHUNK, length - done);
                fill(channel, from + done, chunk, next);
                out.write(chunk, 0, next);
                done += next;
            }
        }
    }

    /// Makes a directory of frames: 1, name and length of a file; 2, offset, length, SHA-256 and
    /// bytes of a chunk of it; 3, the end. Each chunk is compared with its sum as it comes. The
    /// directory has its name, and is on disk, when it is whole; else nothing is left.
    ///
    /// @param room throws when no more may be written
    /// @param whole looks at the files before the directory gets its name
    /// @throws CorruptImageException when a rule is broken or a chunk does not match its sum
    public static void receive(Path target, InputStream in, Runnable room, Whole whole)
            throws IOException, CorruptImageException {
        if (Files.exists(target)) throw new IOException("image exists: " + target.getFileName());
        var directory = ImageStore.temporary(target);
        Files.createDirectory(
                directory,
                PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
        try {
            write(directory, new DataInputStream(in), room);
            ImageStore.sync(directory);
            whole.check(directory);
            Files.move(directory, target, StandardCopyOption.ATOMIC_MOVE);
        } catch (IOException | CorruptImageException | RuntimeException e) {
            ImageStore.removeTree(directory);
            throw e;
        }
        AtomicFiles.syncDirectory(ImageStore.parent(target));
    }

    private static void write(Path directory, DataInputStream in, Runnable room)
            throws IOException, CorruptImageException {
        room.run();
        var chunk = new byte[CHUNK];
        var digest = new byte[DIGEST_BYTES];
        long unlooked = 0;
        int kind = in.readByte();
        for (int files = 0; kind != END; files++) {
            if (kind != FILE) throw new CorruptImageException("frame of kind " + kind);
            if (files == MOST_FILES) throw new CorruptImageException("more than 64 files");
            var name = in.readUTF();
            long size = in.readLong();
            if (!NAME.matcher(name).matches()) throw new CorruptImageException("name of a file");
            if (size < 0 || size > LARGEST_FILE)
                throw new CorruptImageException("length of a file: " + size);
            try (var file = create(directory.resolve(name))) {
                if (size > 0) file.write(ByteBuffer.wrap(new byte[1]), size - 1);
                long at = 0;
                for (kind = in.readByte(); kind == DATA; kind = in.readByte()) {
                    long from = in.readLong();
                    int length = in.readInt();
                    boolean fits = from >= at && from < size && from % CHUNK == 0;
                    if (!fits || length != Math.min(CHUNK, size - from))
                        throw new CorruptImageException("chunk at " + from + " of " + length);
                    in.readFully(digest);
                    in.readFully(chunk, 0, length);
                    if (!MessageDigest.isEqual(digest, sha256(chunk, length)))
                        throw new CorruptImageException("chunk does not match its sum");
                    var bytes = ByteBuffer.wrap(chunk, 0, length);
                    for (at = from; bytes.hasRemaining(); ) at += file.write(bytes, at);
                    unlooked += length;
                    if (unlooked >= STRIDE) {
                        room.run();
                        unlooked = 0;
                    }
                }
            }
        }
    }

    private static FileChannel create(Path file) throws IOException {
        return FileChannel.open(
                file,
                Set.of(StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE),
                PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
    }

    private static List<Path> files(Path directory) throws IOException {
        try (var entries = Files.list(directory)) {
            return entries.filter(f -> Files.isRegularFile(f, LinkOption.NOFOLLOW_LINKS))
                    .filter(f -> NAME.matcher(f.getFileName().toString()).matches())
                    .sorted()
                    .toList();
        }
    }

    private static void fill(FileChannel channel, long from, byte[] into, int length)
            throws IOException {
        var bytes = ByteBuffer.wrap(into, 0, length);
        while (bytes.hasRemaining()) {
            int count = channel.read(bytes, from + bytes.position());
            if (count < 0) throw new EOFException("file ends before " + (from + length));
        }
    }

    private static boolean isZero(byte[] chunk, int length) {
        return Arrays.equals(chunk, 0, length, ZEROS, 0, length);
    }

    private static String hex(byte[] chunk, int length) {
        return HexFormat.of().formatHex(sha256(chunk, length));
    }

    private static byte[] sha256(byte[] chunk, int length) {
        try {
            var digest = MessageDigest.getInstance("SHA-256");
            digest.update(chunk, 0, length);
            return digest.digest();
        } catch (NoSuchAlgorithmException e) {
            throw new AssertionError("every JDK has SHA-256", e);
        }
    }

    private static void line(OutputStream out, String text) throws IOException {
        out.write((text + "\n").getBytes(US_ASCII));
    }
}
