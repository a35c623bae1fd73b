package dev.wrenn.bench;

import static java.nio.charset.StandardCharsets.US_ASCII;

import java.io.DataInputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;

/// Reads an uncompressed cpio archive of the "newc" kind (cpio(5)), as the kernel takes it.
final class Initramfs {
    private static final int HEADER = 110; // magic and 13 numbers of 8 hexadecimal digits
    private static final int SIZE_FIELD = 6;
    private static final int NAME_FIELD = 11;

    private Initramfs() {}

    /// Content of one member.
    static byte[] read(Path archive, String member) {
        try (var in = new DataInputStream(Files.newInputStream(archive))) {
            while (true) {
                var header = new String(in.readNBytes(HEADER), US_ASCII);
                if (header.length() < HEADER || !header.startsWith("07070")) {
                    throw new BenchException(archive + ": not a newc archive");
                }
                long size = number(header, SIZE_FIELD);
                int length = (int) number(header, NAME_FIELD);
                var name = new String(in.readNBytes(length - 1), US_ASCII);
                in.skipNBytes(1 + padding(HEADER + length));
                if (name.equals(member)) return in.readNBytes((int) size);
                if (name.equals("TRAILER!!!")) {
                    throw new BenchException(archive + ": has no " + member);
                }
                in.skipNBytes(size + padding(size));
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static long number(String header, int field) {
        int start = 6 + 8 * field;
        return Long.parseLong(header.substring(start, start + 8), 16);
    }

    private static long padding(long size) {
        return -size & 3;
    }
}
