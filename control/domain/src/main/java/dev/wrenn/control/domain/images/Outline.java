package dev.wrenn.control.domain.images;

import static java.nio.charset.StandardCharsets.US_ASCII;

import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/// What an image consists of: its files, and the chunks of them that are not zeros. Written by a
/// host, so nothing of it is taken on trust.
///
/// @param number of the image on its host
public record Outline(int number, List<File> files) {
    /// The length of every chunk but the last of a file.
    public static final int CHUNK = 256 << 10;

    /// An outline that is longer is refused: 45 GiB of content.
    public static final int LARGEST = 16 << 20;

    private static final int MOST_FILES = 64;
    private static final long LARGEST_FILE = 1L << 44;
    private static final Set<String> ONLY_A_DISK = Set.of("rootfs.ext4", "manifest.json");
    private static final Pattern NAME = Pattern.compile("[a-z0-9][a-z0-9.-]{0,99}");
    private static final Pattern SHA256 = Pattern.compile("[0-9a-f]{64}");

    public Outline {
        files = List.copyOf(files);
    }

    /// A file.
    public record File(String name, long size, List<Chunk> chunks) {
        public File {
            chunks = List.copyOf(chunks);
        }
    }

    /// A part of a file.
    ///
    /// @param sha256 lowercase hex
    public record Chunk(long offset, int length, String sha256) {
        long end() {
            return offset + length;
        }
    }

    /// It breaks a rule.
    public static final class MalformedException extends Exception {
        private static final long serialVersionUID = 1L;

        MalformedException(String message) {
            super(message);
        }
    }

    /// Reads what a host or [#text()] wrote.
    public static Outline parse(byte[] text) throws MalformedException {
        var lines = new String(text, US_ASCII).split("\n", -1);
        int last = lines.length - 1;
        if (last < 2 || !lines[last].isEmpty() || !lines[last - 1].equals("end"))
            throw new MalformedException("outline without an end");
        var files = new ArrayList<File>();
        var names = new HashSet<String>();
        int at = 1;
        while (at < last - 1) {
            var words = lines[at++].split(" ", -1);
            if (words.length != 3 || !words[0].equals("file") || files.size() == MOST_FILES)
                throw new MalformedException("line " + at);
            long size = number(words[2]);
            if (!NAME.matcher(words[1]).matches() || !names.add(words[1]) || size > LARGEST_FILE)
                throw new MalformedException("file in line " + at);
            var chunks = new ArrayList<Chunk>();
            long end = 0;
            while (lines[at].startsWith("chunk ")) {
                var chunk = chunk(lines[at++]);
                boolean fits = chunk.offset >= end && chunk.offset % CHUNK == 0;
                if (!fits || chunk.length != Math.min(CHUNK, size - chunk.offset))
                    throw new MalformedException("chunk in line " + at);
                end = chunk.end();
                chunks.add(chunk);
            }
            files.add(new File(words[1], size, chunks));
        }
        var head = lines[0].split(" ", -1);
        if (head.length != 2 || !head[0].equals("image")) throw new MalformedException("head");
        long number = number(head[1]);
        if (number > Integer.MAX_VALUE) throw new MalformedException("number");
        return new Outline((int) number, files);
    }

    private static Chunk chunk(String line) throws MalformedException {
        var words = line.split(" ", -1);
        if (words.length != 4 || !SHA256.matcher(words[3]).matches())
            throw new MalformedException("chunk");
        long length = number(words[2]);
        if (length < 1 || length > CHUNK) throw new MalformedException("length of a chunk");
        return new Chunk(number(words[1]), (int) length, words[3]);
    }

    private static long number(String word) throws MalformedException {
        try {
            long value = Long.parseLong(word);
            if (value >= 0) return value;
        } catch (NumberFormatException e) {
            // answered below together with negative ones
        }
        throw new MalformedException("number: " + word);
    }

    /// The same as text, in one form only.
    public byte[] text() {
        var text = new StringBuilder("image ").append(number).append('\n');
        for (var file : files) {
            text.append("file ").append(file.name).append(' ').append(file.size).append('\n');
            for (var chunk : file.chunks)
                text.append("chunk ")
                        .append(chunk.offset)
                        .append(' ')
                        .append(chunk.length)
                        .append(' ')
                        .append(chunk.sha256)
                        .append('\n');
        }
        return text.append("end\n").toString().getBytes(US_ASCII);
    }

    /// Whether it is a template without memory.
    boolean isOnlyADisk() {
        return files.stream().map(File::name).collect(Collectors.toSet()).equals(ONLY_A_DISK);
    }

    /// Bytes of its chunks.
    public long bytes() {
        long bytes = 0;
        for (var file : files) for (var chunk : file.chunks) bytes += chunk.length;
        return bytes;
    }

    /// The name of some bytes.
    static String sha256(byte[] content) {
        return HexFormat.of().formatHex(digest(content));
    }

    private static byte[] digest(byte[] content) {
        try {
            return MessageDigest.getInstance("SHA-256").digest(content);
        } catch (NoSuchAlgorithmException e) {
            throw new AssertionError("every JDK has SHA-256", e);
        }
    }
}
