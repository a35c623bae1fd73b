package dev.wrenn.control.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.util.Arrays;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.zip.GZIPInputStream;
import java.util.zip.GZIPOutputStream;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveInputStream;
import org.apache.commons.compress.archivers.tar.TarArchiveOutputStream;
import org.apache.commons.compress.archivers.zip.ZipArchiveEntry;
import org.apache.commons.compress.archivers.zip.ZipArchiveOutputStream;
import org.junit.jupiter.api.Test;

class BuildArchiveTest {
    private interface Filler {
        void fill(TarArchiveOutputStream tar) throws IOException;
    }

    private static byte[] tar(Filler filler) throws IOException {
        var bytes = new ByteArrayOutputStream();
        try (var tar = new TarArchiveOutputStream(bytes, "UTF-8")) {
            tar.setLongFileMode(TarArchiveOutputStream.LONGFILE_POSIX);
            filler.fill(tar);
        }
        return bytes.toByteArray();
    }

    private static void file(TarArchiveOutputStream tar, String name, String text)
            throws IOException {
        var content = text.getBytes(StandardCharsets.UTF_8);
        var entry = new TarArchiveEntry(name, true);
        entry.setSize(content.length);
        tar.putArchiveEntry(entry);
        tar.write(content);
        tar.closeArchiveEntry();
    }

    private static void special(TarArchiveOutputStream tar, String name, byte kind, String target)
            throws IOException {
        var entry = new TarArchiveEntry(name, kind, true);
        entry.setLinkName(target);
        tar.putArchiveEntry(entry);
        tar.closeArchiveEntry();
    }

    private static byte[] gzip(byte[] bytes) throws IOException {
        var out = new ByteArrayOutputStream();
        try (var gzip = new GZIPOutputStream(out)) {
            gzip.write(bytes);
        }
        return out.toByteArray();
    }

    /// What the guest would unpack: names with contents, or with the targets of links.
    private static Map<String, String> unpacked(byte[] sent) throws IOException {
        var all = new TreeMap<String, String>();
        try (var archive = BuildArchive.of(new ByteArrayInputStream(sent));
                var tar =
                        new TarArchiveInputStream(
                                new GZIPInputStream(archive.content()), "UTF-8")) {
            for (var entry = tar.getNextEntry(); entry != null; entry = tar.getNextEntry()) {
                var text = new String(tar.readAllBytes(), StandardCharsets.UTF_8);
                all.put(entry.getName(), entry.isSymbolicLink() ? entry.getLinkName() : text);
            }
            assertThat(archive.sums()).hasSameSizeAs(all);
        }
        return all;
    }

    private static void refused(byte[] sent, String words) {
        assertThatThrownBy(() -> unpacked(sent))
                .as(words)
                .isInstanceOf(ApiException.class)
                .hasMessageContaining(words);
    }

    @Test
    void everyKindIsKnownByItsContent() throws IOException {
        Filler tree =
                tar -> {
                    special(tar, "./sub/", TarArchiveEntry.LF_DIR, "");
                    file(tar, "./sub/ü b", "one");
                    special(tar, "sub/link", TarArchiveEntry.LF_SYMLINK, "../top");
                    file(tar, "top", "two");
                };
        var expected = Map.of("sub/", "", "sub/ü b", "one", "sub/link", "../top", "top", "two");
        assertThat(unpacked(tar(tree))).isEqualTo(expected);
        assertThat(unpacked(gzip(tar(tree)))).isEqualTo(expected);
        var zip = new ByteArrayOutputStream();
        try (var out = new ZipArchiveOutputStream(zip)) {
            out.putArchiveEntry(new ZipArchiveEntry("dir/file"));
            out.write("three".getBytes(StandardCharsets.UTF_8));
            out.closeArchiveEntry();
        }
        assertThat(unpacked(zip.toByteArray())).isEqualTo(Map.of("dir/file", "three"));
    }

    @Test
    void whatLeadsOutIsRefused() throws IOException {
        refused(tar(tar -> file(tar, "../evil", "x")), "leads out");
        refused(tar(tar -> file(tar, "a/../../evil", "x")), "leads out");
        refused(tar(tar -> file(tar, "/etc/passwd", "x")), "absolute");
        refused(
                tar(tar -> special(tar, "l", TarArchiveEntry.LF_SYMLINK, "/etc")),
                "an absolute link");
        refused(
                tar(tar -> special(tar, "a/l", TarArchiveEntry.LF_SYMLINK, "../../etc")),
                "leads out");
        refused(tar(tar -> special(tar, "d", TarArchiveEntry.LF_CHR, "")), "neither");
        refused(tar(tar -> special(tar, "d", TarArchiveEntry.LF_FIFO, "")), "neither");
        refused(tar(tar -> special(tar, "d", TarArchiveEntry.LF_LINK, "/etc/passwd")), "neither");
        refused(
                tar(tar -> {
                    special(tar, "l", TarArchiveEntry.LF_SYMLINK, "x");
                    file(tar, "l/through", "x");
                }),
                "through a link");
    }

    @Test
    void aBombIsRefused() throws IOException {
        var bomb = new ByteArrayOutputStream();
        try (var gzip = new GZIPOutputStream(bomb);
                var tar = new TarArchiveOutputStream(gzip)) {
            tar.setBigNumberMode(TarArchiveOutputStream.BIGNUMBER_POSIX);
            var entry = new TarArchiveEntry("zeros");
            entry.setSize(3L << 30);
            tar.putArchiveEntry(entry);
            // It says more than is there: nobody has to unpack it to refuse it.
            gzip.write(new byte[1 << 20]);
            gzip.finish();
        } catch (IOException e) {
            // the entry is not whole, on purpose
        }
        refused(bomb.toByteArray(), "more than 2048 MiB");
        refused(
                tar(tar -> {
                    for (int i = 0; i <= 20_000; i++) file(tar, "f" + i, "");
                }),
                "20000");
    }

    /// Whatever is sent is read or refused, and no file of ours is left.
    @Test
    void anyBytesAreReadOrRefused() throws IOException {
        var whole = gzip(tar(tar -> file(tar, "a", "x".repeat(2000))));
        var plain = tar(tar -> file(tar, "a", "x".repeat(2000)));
        var random = new SplittableRandom(7);
        for (int i = 0; i < 2000; i++) {
            var bytes = (random.nextBoolean() ? whole : plain).clone();
            for (int n = random.nextInt(1, 20); n > 0; n--)
                bytes[random.nextInt(bytes.length)] = (byte) random.nextInt();
            if (random.nextInt(3) == 0)
                bytes = Arrays.copyOf(bytes, random.nextInt(1, bytes.length));
            try {
                unpacked(bytes);
            } catch (ApiException e) {
                assertThat(e.error().status()).isEqualTo(400);
            }
        }
        try (var left = Files.list(Files.createTempFile("x", null).getParent())) {
            assertThat(left.filter(f -> f.getFileName().toString().startsWith("wrenn-build")))
                    .isEmpty();
        }
    }
}
