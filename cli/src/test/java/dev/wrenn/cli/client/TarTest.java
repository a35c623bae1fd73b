package dev.wrenn.cli.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.wrenn.cli.CommandFailure;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Random;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TarTest {
    @TempDir Path here;

    /// An entry of a tar that somebody means harm with; text is the content, or where a link leads.
    private record Evil(String name, byte type, String text) {}

    private static byte[] tar(Evil... entries) throws IOException {
        var bytes = new ByteArrayOutputStream();
        try (var tar = new TarArchiveOutputStream(bytes, "UTF-8")) {
            for (var evil : entries) {
                var entry = new TarArchiveEntry(evil.name, evil.type, true);
                boolean file = evil.type == TarArchiveEntry.LF_NORMAL;
                var content = evil.text.getBytes(StandardCharsets.UTF_8);
                if (file) entry.setSize(content.length);
                else entry.setLinkName(evil.text);
                tar.putArchiveEntry(entry);
                if (file) tar.write(content);
                tar.closeArchiveEntry();
            }
        }
        return bytes.toByteArray();
    }

    private static Evil file(String name) {
        return new Evil(name, TarArchiveEntry.LF_NORMAL, "evil");
    }

    private static Evil link(String name, String target) {
        return new Evil(name, TarArchiveEntry.LF_SYMLINK, target);
    }

    private static Evil hard(String name, String target) {
        return new Evil(name, TarArchiveEntry.LF_LINK, target);
    }

    @Test
    void aFolderComesBack() throws IOException {
        var from = Files.createDirectories(here.resolve("from/sub/empty")).getParent().getParent();
        var name = "ü " + "x".repeat(120);
        Files.writeString(from.resolve("sub").resolve(name), "content");
        Files.setPosixFilePermissions(
                from.resolve("sub").resolve(name), PosixFilePermissions.fromString("rwx--x--x"));
        Files.createSymbolicLink(from.resolve("dangling"), Path.of("/no/where"));
        var bytes = new ByteArrayOutputStream();
        Tar.pack(from, bytes);
        var to = here.resolve("to");
        for (int i = 0; i < 2; i++) { // also over itself
            Tar.unpack(new ByteArrayInputStream(bytes.toByteArray()), to);
            assertThat(to.resolve("sub").resolve(name)).hasContent("content");
            assertThat(Files.getPosixFilePermissions(to.resolve("sub").resolve(name)))
                    .isEqualTo(PosixFilePermissions.fromString("rwx--x--x"));
            assertThat(Files.readSymbolicLink(to.resolve("dangling"))).hasToString("/no/where");
            assertThat(to.resolve("sub/empty")).isDirectory();
        }
    }

    @Test
    void nothingIsWrittenOutside() throws IOException {
        var to = here.resolve("to");
        var outside = Files.createDirectory(here.resolve("outside"));
        Files.writeString(outside.resolve("mine"), "mine");
        for (var entries :
                new Evil[][] {
                    {file("../outside/x")},
                    {file("a/../../outside/x")},
                    {file(outside + "/x")},
                    {link("l", outside.toString()), file("l/x")},
                    {link("l", "../outside"), file("l/x")},
                    {link("l", ".."), link("l/outside/l", "x")},
                    {link("l", "../outside"), hard("h", "l/mine")},
                    {hard("h", "../outside/mine")},
                    {hard("h", outside + "/mine")}
                }) {
            var tar = new ByteArrayInputStream(tar(entries));
            assertThatThrownBy(() -> Tar.unpack(tar, to))
                    .as(entries[entries.length - 1].name)
                    .isInstanceOf(CommandFailure.class);
        }
        // A file in the place of a link replaces the link, not what it leads to.
        Tar.unpack(new ByteArrayInputStream(tar(link("f", outside + "/mine"), file("f"))), to);
        assertThat(to.resolve("f")).hasContent("evil");
        assertThat(outside.resolve("mine")).hasContent("mine");
        try (var all = Files.list(outside)) {
            assertThat(all).hasSize(1);
        }
    }

    @Test
    void anyBytesAreUnpackedOrRefused() throws IOException {
        long seed = System.nanoTime();
        var random = new Random(seed);
        var good = tar(file("a"), link("l", "a"), file("sub/b"));
        for (int round = 0; round < 300; round++) {
            var bytes = good.clone();
            for (int i = random.nextInt(8); i >= 0; i--)
                bytes[random.nextInt(bytes.length)] = (byte) random.nextInt(256);
            var to = here.resolve("fuzz/" + round);
            try {
                Tar.unpack(new ByteArrayInputStream(bytes), to);
            } catch (IOException | CommandFailure e) {
                assertThat(e).as("seed " + seed).isNotNull(); // refused
            }
        }
        try (var all = Files.list(here)) {
            assertThat(all).as("seed " + seed).hasSize(1);
        }
    }

    @Test
    void pathsOfCapsulesAreToldFromOthers() {
        var id = "cl-" + "0".repeat(25);
        assertThat(CapsulePath.parse(id + ":/a/b")).contains(new CapsulePath(id, "/a/b"));
        assertThat(CapsulePath.parse(id + ":")).contains(new CapsulePath(id, "."));
        assertThat(CapsulePath.parse(id + ":a:b")).contains(new CapsulePath(id, "a:b"));
        for (var other : new String[] {"/a", "a:b", id, "./" + id + ":x", "cl-1:/a", ""})
            assertThat(CapsulePath.parse(other)).as(other).isEmpty();
        assertThat(new CapsulePath(id, "/a/b/").name()).isEqualTo("b");
        assertThat(new CapsulePath(id, "/").name()).isEmpty();
        assertThat(new CapsulePath(id, ".").name()).isEmpty();
        assertThat(new CapsulePath(id, "/a").below("b").path()).isEqualTo("/a/b");
        assertThat(new CapsulePath(id, "/").below("b").path()).isEqualTo("/b");
    }
}
