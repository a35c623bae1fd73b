package dev.wrenn.control.api;

import java.io.BufferedInputStream;
import java.io.FilterOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.DigestInputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.zip.GZIPInputStream;
import java.util.zip.GZIPOutputStream;
import org.apache.commons.compress.archivers.ArchiveEntry;
import org.apache.commons.compress.archivers.ArchiveInputStream;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveInputStream;
import org.apache.commons.compress.archivers.tar.TarArchiveOutputStream;
import org.apache.commons.compress.archivers.zip.ZipArchiveEntry;
import org.apache.commons.compress.archivers.zip.ZipFile;

/// The files of a build as they were sent, made one tar of checked entries: regular files, folders
/// and links that stay inside. What kind of archive it was is told by its content. For one thread.
final class BuildArchive implements AutoCloseable {
    private static final long MOST_BYTES = 2L << 30;
    private static final int MOST_ENTRIES = 20_000;
    private static final int LONGEST_NAME = 4096;
    private static final int CHUNK = 64 << 10;
    private static final int MODES = 0777;

    private final Path file;
    private final Map<String, String> sums = new TreeMap<>();
    private final Set<String> links = new HashSet<>();
    private long bytes;

    private BuildArchive(Path file) {
        this.file = file;
    }

    /// Reads an archive to its end.
    ///
    /// @throws ApiException 400 for one that is damaged, too large inside, or leads out of itself
    static BuildArchive of(InputStream sent) throws IOException {
        var archive = new BuildArchive(Files.createTempFile("wrenn-build", ".tar.gz"));
        boolean whole = false;
        try {
            var kept = Files.createTempFile("wrenn-build", null); // only for us
            try {
                try (var out = Files.newOutputStream(kept)) {
                    sent.transferTo(out);
                }
                archive.convert(kept);
            } finally {
                Files.delete(kept);
            }
            whole = true;
            return archive;
        } finally {
            if (!whole) archive.close();
        }
    }

    /// The tar, compressed with gzip.
    InputStream content() throws IOException {
        return Files.newInputStream(file);
    }

    /// Digest of what is at each path.
    Map<String, String> sums() {
        return sums;
    }

    @Override
    public void close() throws IOException {
        Files.deleteIfExists(file);
    }

    private void convert(Path sent) throws IOException {
        var start = new byte[262];
        try (var in = Files.newInputStream(sent)) {
            if (in.readNBytes(start, 0, start.length) == 0) throw bad("it is empty");
        }
        try (var gzip = new GZIPOutputStream(ours(Files.newOutputStream(file)), CHUNK);
                var to = new TarArchiveOutputStream(gzip, StandardCharsets.UTF_8.name())) {
            to.setLongFileMode(TarArchiveOutputStream.LONGFILE_POSIX);
            to.setBigNumberMode(TarArchiveOutputStream.BIGNUMBER_POSIX);
            to.setAddPaxHeadersForNonAsciiNames(true);
            if (start[0] == 'P' && start[1] == 'K') zip(sent, to);
            else if (start[0] == 0x1f && start[1] == (byte) 0x8b) tar(sent, true, to);
            else if (new String(start, 257, 5, StandardCharsets.US_ASCII).equals("ustar"))
                tar(sent, false, to);
            else throw bad("expected tar, tar.gz or zip");
        } catch (IOException e) {
            throw bad("it is damaged"); // what we write fails in another way
        } catch (UncheckedIOException e) {
            throw e.getCause();
        }
    }

    /// A failure of our own disk is not one of the archive.
    private static OutputStream ours(OutputStream to) {
        return new FilterOutputStream(to) {
            @Override
            public void write(byte[] bytes, int offset, int count) {
                try {
                    out.write(bytes, offset, count);
                } catch (IOException e) {
                    throw new UncheckedIOException(e);
                }
            }
        };
    }

    private void tar(Path sent, boolean compressed, TarArchiveOutputStream to) throws IOException {
        try (var raw = new BufferedInputStream(Files.newInputStream(sent), CHUNK);
                InputStream plain = compressed ? new GZIPInputStream(raw, CHUNK) : raw;
                var in = new TarArchiveInputStream(plain, StandardCharsets.UTF_8.name())) {
            for (var entry = next(in); entry != null; entry = next(in)) {
                var path = path(entry.getName());
                if (path.isEmpty()) continue;
                if (entry.isDirectory()) folder(path, entry.getMode(), to);
                else if (entry.isSymbolicLink()) link(path, entry.getLinkName(), to);
                else if (plain(entry)) regular(path, entry.getSize(), entry.getMode(), in, to);
                else throw bad(path + " is neither file, folder nor symbolic link");
            }
        } catch (IllegalArgumentException | java.util.zip.ZipException e) {
            throw bad("it is damaged");
        }
    }

    private static boolean plain(TarArchiveEntry entry) {
        return entry.isFile()
                && !entry.isLink()
                && !entry.isSparse()
                && !entry.isCharacterDevice()
                && !entry.isBlockDevice()
                && !entry.isFIFO();
    }

    private void zip(Path sent, TarArchiveOutputStream to) throws IOException {
        try (var zip = ZipFile.builder().setPath(sent).get()) {
            for (var entries = zip.getEntries(); entries.hasMoreElements(); ) {
                var entry = entries.nextElement();
                var path = path(entry.getName());
                if (path.isEmpty()) continue;
                if (entry.isDirectory()) folder(path, mode(entry, 0755), to);
                else if (entry.isUnixSymlink()) link(path, zip.getUnixSymlink(entry), to);
                else
                    try (var in = zip.getInputStream(entry)) {
                        regular(path, entry.getSize(), mode(entry, 0644), in, to);
                    }
            }
        } catch (IllegalArgumentException | java.util.zip.ZipException e) {
            throw bad("it is damaged");
        }
    }

    private static int mode(ZipArchiveEntry entry, int fallback) {
        int mode = entry.getUnixMode() & MODES;
        return mode == 0 ? fallback : mode;
    }

    private static @org.jspecify.annotations.Nullable TarArchiveEntry next(TarArchiveInputStream in)
            throws IOException {
        try {
            return in.getNextEntry();
        } catch (java.io.EOFException | RuntimeException e) {
            throw bad("it is damaged");
        }
    }

    /// @return empty for the archive's own folder
    private String path(String name) {
        if (name.length() > LONGEST_NAME || name.indexOf('\0') >= 0)
            throw bad("a name is too long");
        if (name.startsWith("/") || name.contains("\\")) throw bad("an absolute path: " + name);
        var parts = new java.util.ArrayList<String>();
        for (var part : name.split("/")) {
            if (part.equals("..")) throw bad("a path that leads out: " + name);
            if (!part.isEmpty() && !part.equals(".")) parts.add(part);
        }
        for (int i = 1; i < parts.size(); i++)
            if (links.contains(String.join("/", parts.subList(0, i))))
                throw bad("a path through a link: " + name);
        return String.join("/", parts);
    }

    private void folder(String path, int mode, TarArchiveOutputStream to) throws IOException {
        var entry = new TarArchiveEntry(path + "/");
        entry.setMode(mode & MODES);
        add(path, entry, "folder", to);
        to.closeArchiveEntry();
    }

    private void link(String path, String target, TarArchiveOutputStream to) throws IOException {
        if (target == null || target.isEmpty() || target.startsWith("/"))
            throw bad("an absolute link: " + path);
        int depth = path.split("/").length - 1;
        for (var part : target.split("/")) {
            depth += part.equals("..") ? -1 : part.isEmpty() || part.equals(".") ? 0 : 1;
            if (depth < 0) throw bad("a link that leads out: " + path);
        }
        var entry = new TarArchiveEntry(path, TarArchiveEntry.LF_SYMLINK);
        entry.setLinkName(target);
        links.add(path);
        add(path, entry, "link " + target, to);
        to.closeArchiveEntry();
    }

    private void regular(
            String path, long size, int mode, InputStream content, TarArchiveOutputStream to)
            throws IOException {
        if (size < 0) throw bad("no size: " + path);
        bytes += size;
        if (bytes > MOST_BYTES)
            throw bad("more than " + (MOST_BYTES >> 20) + " MiB of files in it");
        var entry = new TarArchiveEntry(path);
        entry.setSize(size);
        entry.setMode(mode & MODES);
        add(path, entry, "", to);
        var digest = sha256();
        copy(new DigestInputStream(content, digest), size, path, to);
        to.closeArchiveEntry();
        sums.put(path, (mode & MODES) + " " + HexFormat.of().formatHex(digest.digest()));
    }

    private static void copy(InputStream from, long size, String path, OutputStream to)
            throws IOException {
        var chunk = new byte[CHUNK];
        long left = size;
        while (left > 0) {
            int n = from.read(chunk, 0, (int) Math.min(chunk.length, left));
            if (n < 0) throw bad("it ends in " + path);
            to.write(chunk, 0, n);
            left -= n;
        }
        if (from.read() >= 0 && !(from instanceof ArchiveInputStream<?>))
            throw bad("more of " + path + " than it says");
    }

    private void add(String path, ArchiveEntry entry, String sum, TarArchiveOutputStream to)
            throws IOException {
        if (sums.size() >= MOST_ENTRIES) throw bad("more than " + MOST_ENTRIES + " entries");
        sums.put(path, sum);
        to.putArchiveEntry((TarArchiveEntry) entry);
    }

    private static MessageDigest sha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new AssertionError(e); // every JDK has it
        }
    }

    private static ApiException bad(String why) {
        return ApiException.invalid("archive: " + why);
    }
}
