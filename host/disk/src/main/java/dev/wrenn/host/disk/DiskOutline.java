package dev.wrenn.host.disk;

import static java.nio.charset.StandardCharsets.US_ASCII;

import java.io.IOException;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;

/// What a template that is only a disk consists of: the chunks of its disk that are not zeros, and
/// its marker. Written by the control plane; nothing of it is taken on trust.
///
/// @param text all of it, as it came
/// @param size length of the disk, bytes
/// @param chunks of the disk, in the order of their offsets
/// @param marker the one chunk of the marker
public record DiskOutline(byte[] text, long size, List<Chunk> chunks, Chunk marker) {
    /// The length of every chunk but the last of a file.
    public static final int CHUNK = 256 << 10;

    private static final long LARGEST = 1L << 44;
    private static final Pattern SHA256 = Pattern.compile("[0-9a-f]{64}");

    public DiskOutline {
        chunks = List.copyOf(chunks);
    }

    /// A part of a file.
    ///
    /// @param sha256 lowercase hex
    public record Chunk(long offset, int length, String sha256) {
        /// Whether these are its bytes.
        boolean is(byte[] bytes) {
            return bytes.length == length && sha256.equals(DiskOutline.sha256(bytes));
        }
    }

    /// Reads an outline.
    ///
    /// @return empty for an image that has more than a disk
    /// @throws IOException when it breaks a rule
    public static Optional<DiskOutline> parse(byte[] text) throws IOException {
        var lines = new String(text, US_ASCII).split("\n", -1);
        int last = lines.length - 2; // the last line ends as the others do
        if (last < 1 || !lines[last].equals("end") || !lines[last + 1].isEmpty())
            throw new IOException("outline without an end");
        long size = -1;
        var disk = new ArrayList<Chunk>();
        var marker = new ArrayList<Chunk>();
        for (int at = 1; at < last; ) {
            var words = lines[at].split(" ", -1);
            if (words.length != 3 || !words[0].equals("file"))
                throw new IOException("line " + (at + 1) + " of an outline");
            long bytes = number(words[2]);
            boolean isDisk = words[1].equals(Images.ROOTFS);
            if (!isDisk && !words[1].equals(Images.MARKER)) return Optional.empty();
            var into = isDisk ? disk : marker;
            if (!into.isEmpty() || bytes > LARGEST) throw new IOException("file of an outline");
            if (isDisk) size = bytes;
            at = chunks(lines, at + 1, bytes, into);
        }
        boolean small = marker.size() == 1 && marker.getFirst().offset == 0;
        if (size < 0 || !small) return Optional.empty();
        return Optional.of(new DiskOutline(text, size, disk, marker.getFirst()));
    }

    /// @return the first line that is no chunk
    private static int chunks(String[] lines, int first, long size, List<Chunk> into)
            throws IOException {
        int at = first;
        for (long end = 0; lines[at].startsWith("chunk "); at++) {
            var words = lines[at].split(" ", -1);
            if (words.length != 4 || !SHA256.matcher(words[3]).matches())
                throw new IOException("line " + (at + 1) + " of an outline");
            var chunk = new Chunk(number(words[1]), (int) number(words[2]), words[3]);
            boolean fits = chunk.offset >= end && chunk.offset % CHUNK == 0 && chunk.offset < size;
            if (!fits || chunk.length != Math.min(CHUNK, size - chunk.offset))
                throw new IOException("line " + (at + 1) + " of an outline");
            end = chunk.offset + chunk.length;
            into.add(chunk);
        }
        return at;
    }

    private static long number(String word) throws IOException {
        try {
            long value = Long.parseLong(word);
            if (value >= 0) return value;
        } catch (NumberFormatException e) {
            // answered below together with negative ones
        }
        throw new IOException("number in an outline: " + word);
    }

    /// Bytes of all chunks of the disk.
    public long bytes() {
        long bytes = 0;
        for (var chunk : chunks) bytes += chunk.length;
        return bytes;
    }

    /// The first chunk that ends after an offset; the number of chunks when there is none.
    int firstAfter(long offset) {
        int low = 0;
        int high = chunks.size();
        while (low < high) {
            int middle = (low + high) >>> 1;
            var chunk = chunks.get(middle);
            if (chunk.offset + chunk.length > offset) high = middle;
            else low = middle + 1;
        }
        return low;
    }

    /// The name of some bytes: their SHA-256 as lowercase hex.
    public static String sha256(byte[] bytes) {
        try {
            return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes));
        } catch (NoSuchAlgorithmException e) {
            throw new AssertionError("every JDK has SHA-256", e);
        }
    }
}
