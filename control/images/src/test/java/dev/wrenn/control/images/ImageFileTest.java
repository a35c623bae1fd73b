package dev.wrenn.control.images;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.wrenn.control.domain.builds.ImportedImage;
import dev.wrenn.control.images.TestImage.Tar;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.zip.GZIPInputStream;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveInputStream;
import org.apache.commons.compress.archivers.tar.TarConstants;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ImageFileTest {
    private static final Map<String, Object> NO_CONFIG = Map.of();
    private static final Bounds SMALL = new Bounds(8 << 20, 64, 8, 100, 4 << 20);

    @TempDir private Path scratch;
    private final Map<String, TarArchiveEntry> entries = new HashMap<>();
    private ImportedImage about;

    /// Nothing is left, however it ended.
    @AfterEach
    void leavesNothing() throws IOException {
        try (var left = Files.list(scratch)) {
            assertThat(left).isEmpty();
        }
    }

    /// What the guest would unpack: names with contents, or with the targets of links.
    private Map<String, String> unpacked(byte[] sent, String wanted) throws Exception {
        return unpacked(new ByteArrayInputStream(sent), wanted, SMALL);
    }

    private Map<String, String> unpacked(InputStream sent, String wanted, Bounds bounds)
            throws Exception {
        var all = new TreeMap<String, String>();
        entries.clear();
        var name = Optional.of(wanted).filter(text -> !text.isEmpty());
        try (var file = ImageFile.read(sent, bounds, scratch);
                var image = file.image("test.tar", name);
                var tar =
                        new TarArchiveInputStream(new GZIPInputStream(image.content()), "UTF-8")) {
            about = image.about();
            for (var entry = tar.getNextEntry(); entry != null; entry = tar.getNextEntry()) {
                var text = new String(tar.readAllBytes(), UTF_8);
                boolean link = entry.isSymbolicLink() || entry.isLink();
                assertThat(all.put(entry.getName(), link ? "-> " + entry.getLinkName() : text))
                        .as(entry.getName())
                        .isNull();
                entries.put(entry.getName(), entry);
            }
        }
        for (var covered : List.of("dev/", "proc/", "run/", "sys/", "tmp/"))
            assertThat(all.remove(covered)).as(covered).isEmpty();
        return all;
    }

    /// One image of plain layers in a layout.
    private static byte[] archive(List<byte[]> layers) {
        return archive(NO_CONFIG, layers);
    }

    private static byte[] archive(Map<String, Object> config, List<byte[]> layers) {
        var image = new TestImage();
        return image.layout(List.of(image.image(config, layers))).done();
    }

    private void refused(byte[] sent, String words) {
        refused(sent, "", words);
    }

    private void refused(byte[] sent, String wanted, String words) {
        assertThatThrownBy(() -> unpacked(sent, wanted))
                .as(words)
                .isInstanceOf(ImageException.class)
                .hasMessageContaining(words);
    }

    private void refusedLayer(Tar layer, String words) {
        refused(archive(List.of(layer.done())), words);
    }

    @Test
    void layersBecomeOneTree() throws Exception {
        var base =
                new Tar()
                        .symbolic("bin", "usr/bin")
                        .folder("usr/bin")
                        .owned("usr/bin/sudo", 04755, 0, 0, "set-id")
                        .folder("etc")
                        .file("etc/gone", "x")
                        .file("etc/changed", "old")
                        .folder("opt/hidden/deep")
                        .file("opt/hidden/deep/file", "x")
                        .folder("var/cache")
                        .file("var/cache/a", "x")
                        .file("became/folder", "x")
                        .owned("home/ada/ü", 0600, 1000, 1001, "hers")
                        .hard("home/ada/again", "home/ada/ü")
                        .file("lib/one", "shared")
                        .hard("lib/two", "/lib/one");
        var top =
                new Tar()
                        .file("etc/.wh.gone", "")
                        .file("./etc/changed", "new")
                        .file("opt/.wh.hidden", "")
                        .file("var/cache/.wh..wh..opq", "")
                        .file("var/cache/b", "fresh")
                        .file("bin/tool", "through the link")
                        .file(".wh.became", "")
                        .file("became", "a file")
                        // The other name of the file lives on.
                        .file("lib/.wh.one", "")
                        .file("run/lost", "covered by each boot")
                        .special("dev/null", TarConstants.LF_CHR, "")
                        .file(".wh..wh.plnk", "bookkeeping of aufs");
        assertThat(unpacked(archive(List.of(base.done(), top.done())), ""))
                .isEqualTo(
                        Map.ofEntries(
                                Map.entry("bin", "-> usr/bin"),
                                Map.entry("usr/", ""),
                                Map.entry("usr/bin/", ""),
                                Map.entry("usr/bin/sudo", "set-id"),
                                Map.entry("usr/bin/tool", "through the link"),
                                Map.entry("etc/", ""),
                                Map.entry("etc/changed", "new"),
                                Map.entry("opt/", ""),
                                Map.entry("var/", ""),
                                Map.entry("var/cache/", ""),
                                Map.entry("var/cache/b", "fresh"),
                                Map.entry("became", "a file"),
                                Map.entry("home/", ""),
                                Map.entry("home/ada/", ""),
                                Map.entry("home/ada/again", "hers"),
                                Map.entry("home/ada/ü", "-> home/ada/again"),
                                Map.entry("lib/", ""),
                                Map.entry("lib/two", "shared")));
        assertThat(entries.get("usr/bin/sudo").getMode() & 07777).isEqualTo(04755);
        assertThat(entries.get("home/ada/again").getLongUserId()).isEqualTo(1000);
        assertThat(entries.get("home/ada/again").getLongGroupId()).isEqualTo(1001);
    }

    @Test
    void everyKindOfArchiveIsRead() throws Exception {
        var plain = new Tar().file("a", "one").done();
        var more = new Tar().file("b", "two").done();
        var expected = Map.of("a", "one", "b", "two");
        var image = new TestImage();
        var config = TestImage.config(NO_CONFIG, List.of(plain, more));
        var manifest = image.stored(config, List.of(TestImage.gzip(plain), TestImage.zstd(more)));
        var layout = image.layout(List.of(manifest)).done();
        assertThat(unpacked(layout, "")).isEqualTo(expected);
        assertThat(about.digest()).isEqualTo(manifest.get("digest"));
        assertThat(unpacked(TestImage.gzip(layout), "")).isEqualTo(expected);
        assertThat(unpacked(TestImage.zstd(layout), "")).isEqualTo(expected);
        // As docker save wrote it for years: a layer that is there already is a link.
        var text = TestImage.json(TestImage.config(NO_CONFIG, List.of(plain, more, more)));
        var name = Digests.of(text).substring("sha256:".length()) + ".json";
        var layers = List.of("one/layer.tar", "two/layer.tar", "three/layer.tar");
        var list = List.of(Map.of("Config", name, "RepoTags", List.of("x:1"), "Layers", layers));
        var docker =
                new Tar()
                        .file("one/layer.tar", plain)
                        .file("two/layer.tar", more)
                        .symbolic("three/layer.tar", "../two/layer.tar")
                        .file(name, text)
                        .file("manifest.json", TestImage.json(list))
                        .done();
        assertThat(unpacked(docker, "x:1")).isEqualTo(expected);
        assertThat(about.digest()).isEqualTo(Digests.of(text));
        refused(docker, "y:1", "no image y:1 (there are: x:1)");
    }

    @Test
    void theImageForOurMachinesIsTaken() throws Exception {
        var image = new TestImage();
        var ours = List.of(new Tar().file("ours", "").done());
        var other = List.of(new Tar().file("other", "").done());
        var foreign = image.stored(TestImage.config("arm64", NO_CONFIG, other), other);
        var inner =
                image.blob(
                        TestImage.INDEX,
                        TestImage.index(
                                List.of(
                                        TestImage.platform(foreign, "arm64"),
                                        TestImage.platform(image.image(NO_CONFIG, ours), "amd64"),
                                        TestImage.platform(foreign, "unknown"))));
        assertThat(unpacked(image.layout(List.of(TestImage.named(inner, "a:1"))).done(), "a:1"))
                .containsOnlyKeys("ours");
        refused(image.layout(List.of(TestImage.platform(foreign, "arm64"))).done(), "no image for");
        refused(image.layout(List.of(foreign)).done(), "linux/arm64 (expected: linux/amd64)");
        var second = TestImage.named(image.image(NO_CONFIG, other), "b:1");
        var both = image.layout(List.of(TestImage.named(inner, "a:1"), second)).done();
        refused(both, "more than one image: name one (there are: a:1, b:1)");
        refused(both, "c:1", "no image c:1");
        assertThat(unpacked(both, "b:1")).containsOnlyKeys("other");
    }

    @Test
    void whatAnImageSaysOfItsProgramsIsKept() throws Exception {
        var passwd = "root:x:0:0:root:/root:/bin/sh\nada:x:1000:1000::/home/ada:/bin/sh";
        var layer = new Tar().owned("etc/passwd", 0644, 0, 0, passwd).done();
        Map<String, Object> config =
                Map.of(
                        "User",
                        "1000:50",
                        "Env",
                        List.of("PATH=/opt/bin:/bin", "A=it's = ü", "odd.name=1", "HOME=/x"),
                        "WorkingDir",
                        "/srv/app",
                        "Entrypoint",
                        List.of("/entry", "a b"),
                        "Cmd",
                        List.of("c"));
        var files = unpacked(archive(config, List.of(layer)), "");
        assertThat(files).containsKeys("srv/", "srv/app/").containsEntry("etc/passwd", passwd);
        assertThat(about.source()).isEqualTo("test.tar");
        var defaults = about.defaults();
        assertThat(defaults.user()).isEqualTo("ada");
        assertThat(defaults.directory()).isEqualTo("/srv/app");
        assertThat(defaults.entrypoint()).containsExactly("/entry", "a b", "c");
        assertThat(defaults.env()).isEqualTo(Map.of("PATH", "/opt/bin:/bin", "A", "it's = ü"));
        // Somebody without a name gets one.
        files = unpacked(archive(Map.of("User", "65532:7"), List.of(layer)), "");
        assertThat(about.defaults().user()).isEqualTo("user65532");
        assertThat(files.get("etc/passwd"))
                .isEqualTo(passwd + "\nuser65532:x:65532:7::/:/bin/sh\n");
        var bare = List.of(new Tar().file("program", "x").done());
        files = unpacked(archive(Map.of("User", "5"), bare), "");
        assertThat(files).containsEntry("etc/passwd", "user5:x:5:0::/:/bin/sh\n");
        unpacked(archive(bare), "");
        assertThat(about.defaults().user()).isEqualTo("root");
        assertThat(about.defaults().directory()).isEqualTo("/");
        assertThat(about.defaults().entrypoint()).isEmpty();
        refused(archive(Map.of("User", "bob"), bare), "no user bob");
        refused(archive(Map.of("User", "a b"), bare), "expected a name or a number");
        refused(archive(Map.of("WorkingDir", "/a/../b"), bare), "leads out");
        refused(archive(Map.of("Entrypoint", "sh -c x"), bare), "Entrypoint: expected");
        refused(archive(Map.of("Cmd", List.of("a\0b")), bare), "Cmd: no text");
    }

    @Test
    void everyDigestIsChecked() {
        var layer = new Tar().file("a", "one").done();
        var other = new Tar().file("a", "two").done();
        var image = new TestImage();
        var manifest = image.image(NO_CONFIG, List.of(layer));
        image.blobs.put(Digests.of(layer), other);
        refused(image.layout(List.of(manifest)).done(), "another content than it says");
        image.blobs.remove(Digests.of(layer));
        refused(image.layout(List.of(manifest)).done(), "not in the archive");
        // The layer is what the manifest says, but not what the configuration does.
        var mixed = new TestImage();
        var wrong = mixed.stored(TestImage.config(NO_CONFIG, List.of(other)), List.of(layer));
        refused(mixed.layout(List.of(wrong)).done(), "layer 1: another content");
        var few = mixed.stored(TestImage.config(NO_CONFIG, List.of()), List.of(layer));
        refused(mixed.layout(List.of(few)).done(), "1 layers (expected: 0");
        var strange = new HashMap<>(few);
        strange.put("digest", "md5:" + "0".repeat(32));
        refused(mixed.layout(List.of(strange)).done(), "expected sha256");
        var text = TestImage.json(TestImage.config(NO_CONFIG, List.of(layer)));
        var list = List.of(Map.of("Config", "0.json", "Layers", List.of("l")));
        refused(
                new Tar()
                        .file("0.json", text)
                        .file("l", layer)
                        .file("manifest.json", TestImage.json(list))
                        .done(),
                "another content than it says");
    }

    @Test
    void archivesThatLeadOutAreRefused() {
        refused(new Tar().file("../evil", "x").done(), "leads out");
        refused(new Tar().file("a/../../evil", "x").done(), "leads out");
        refused(new Tar().file("/etc/evil", "x").done(), "absolute path");
        refused(new Tar().symbolic("a", "/etc/passwd").done(), "absolute link");
        refused(new Tar().symbolic("a/b", "../../etc").done(), "leads out");
        refused(new Tar().hard("a", "../etc").done(), "leads out");
        refused(new Tar().special("a", TarConstants.LF_BLK, "").done(), "no plain file");
        refused(new Tar().special("a", TarConstants.LF_FIFO, "").done(), "no plain file");
        refused(new Tar().file("a", "x").file("a", "y").done(), "twice");
        refused(new Tar().file("a", "x").done(), "expected an OCI image layout");
        refused("hello".getBytes(UTF_8), "expected a tar");
        refused(new byte[0], "expected a tar");
        var circle = new Tar().symbolic("manifest.json", "b").symbolic("b", "manifest.json");
        refused(circle.done(), "expected an OCI image layout");
    }

    @Test
    void layersThatLeadOutAreRefused() throws Exception {
        refusedLayer(new Tar().file("../evil", "x"), "leads out");
        refusedLayer(new Tar().file("a/../../evil", "x"), "leads out");
        refusedLayer(new Tar().hard("a", "../../etc/passwd"), "leads out");
        refusedLayer(new Tar().hard("a", "nothing"), "hard link to nothing");
        refusedLayer(new Tar().folder("d").hard("a", "d"), "hard link to nothing");
        refusedLayer(new Tar().special("disk", TarConstants.LF_BLK, ""), "a device");
        refusedLayer(new Tar().special("pipe", TarConstants.LF_FIFO, ""), "a device");
        refusedLayer(new Tar().file("a", "x").file("a/b", "x"), "below a file");
        refusedLayer(new Tar().file(".wh.", "x"), "whiteout of nothing");
        refusedLayer(new Tar().file(".wh...", "x"), "whiteout of nothing");
        refusedLayer(new Tar().symbolic("a", "b").symbolic("b", "a").file("a/c", ""), "circle");
        refusedLayer(new Tar().file("n".repeat(256), "x"), "too long");
        refusedLayer(new Tar().file("d/".repeat(600) + "f", "x"), "too deep");
        // A link may point anywhere; what goes through it stays below the root.
        var through = new Tar().symbolic("up", "../../..").symbolic("abs", "/x").file("up/f", "1");
        assertThat(unpacked(archive(List.of(through.file("abs/g", "2").done())), ""))
                .isEqualTo(
                        Map.of(
                                "up",
                                "-> ../../..",
                                "abs",
                                "-> /x",
                                "f",
                                "1",
                                "x/",
                                "",
                                "x/g",
                                "2"));
    }

    @Test
    void boundsHold() {
        var zeros = new byte[5 << 20];
        refusedLayer(new Tar().file("zeros", zeros), "more than 4 MiB in it");
        var image = new TestImage();
        var bomb = new Tar().file("zeros", zeros).done();
        var packed = TestImage.gzip(bomb);
        var manifest = image.stored(TestImage.config(NO_CONFIG, List.of(bomb)), List.of(packed));
        refused(image.layout(List.of(manifest)).done(), "more than 4 MiB in it");
        refused(TestImage.gzip(new Tar().file("a", new byte[9 << 20]).done()), "more than 8 MiB");
        refused(TestImage.zstd(new Tar().file("a", new byte[9 << 20]).done()), "more than 8 MiB");
        // Small enough alone, too much together.
        var third = new Tar().file("z", new byte[2 << 20]).done();
        refused(archive(List.of(third, third)), "more than 1 MiB in it");
        var many = new Tar();
        for (int i = 0; i < 101; i++) many.file("f" + i, "");
        refusedLayer(many, "more than 100 files");
        var files = new Tar();
        for (int i = 0; i < 65; i++) files.file("f" + i, "");
        refused(files.done(), "more than 64 files");
        var layers = new ArrayList<byte[]>();
        for (int i = 0; i < 9; i++) layers.add(new Tar().file("a", "x").done());
        refused(archive(layers), "expected up to 8 layers");
        var deep = new TestImage();
        var inner = deep.image(NO_CONFIG, List.of(layers.getFirst()));
        for (int i = 0; i < 6; i++)
            inner = deep.blob(TestImage.INDEX, TestImage.index(List.of(inner)));
        refused(deep.layout(List.of(inner)).done(), "indexes in indexes");
        // An index that names itself has another digest than it says.
        var self = new HashMap<>(inner);
        var circular = TestImage.index(List.of(self));
        deep.blobs.put((String) self.get("digest"), circular);
        refused(deep.layout(List.of(self)).done(), "another content than it says");
        refused(deep.layout(List.of()).done(), "no image");
    }

    @Test
    void aSenderThatBreaksOffIsNoDamagedArchive() {
        var sent = archive(List.of(new Tar().file("a", "x").done()));
        var broken =
                new InputStream() {
                    private final InputStream in = new ByteArrayInputStream(sent, 0, 700);

                    @Override
                    public int read() throws IOException {
                        int value = in.read();
                        if (value < 0) throw new IOException("gone");
                        return value;
                    }
                };
        assertThatThrownBy(() -> unpacked(broken, "", SMALL))
                .isInstanceOf(IOException.class)
                .hasMessage("gone");
    }

    /// Whatever bytes come, the answer is a tree or a refusal.
    @Test
    void damageIsRefusedOrHarmless() throws Exception {
        long seed = System.nanoTime();
        var random = new SplittableRandom(seed);
        var layer =
                new Tar()
                        .folder("etc")
                        .file("etc/passwd", "root:x:0:0::/root:/bin/sh\n")
                        .symbolic("l", "etc")
                        .hard("h", "etc/passwd")
                        .file("l/.wh.x", "")
                        .file("l/ü", "y")
                        .done();
        Map<String, Object> config = Map.of("User", "5", "Env", List.of("A=b"));
        var archives = new ArrayList<byte[]>();
        archives.add(archive(config, List.of(layer, layer)));
        var packed = new TestImage();
        var whole = TestImage.config(config, List.of(layer, layer));
        archives.add(
                packed.layout(
                                List.of(
                                        packed.stored(
                                                whole,
                                                List.of(
                                                        TestImage.gzip(layer),
                                                        TestImage.zstd(layer)))))
                        .done());
        for (int round = 0; round < 400; round++) {
            var bytes = archives.get(round % archives.size()).clone();
            for (int i = random.nextInt(1, 8); i > 0; i--)
                bytes[random.nextInt(bytes.length)] = (byte) random.nextInt();
            int length = random.nextInt(8) == 0 ? random.nextInt(bytes.length) : bytes.length;
            try {
                unpacked(new ByteArrayInputStream(bytes, 0, length), "", SMALL);
            } catch (ImageException e) {
                assertThat(e.getMessage()).isNotBlank();
            } catch (Exception | AssertionError e) {
                throw new AssertionError("seed " + seed + " round " + round, e);
            }
        }
    }

    /// The same for a layer that has every right digest.
    @Test
    void damagedLayersAreRefusedOrHarmless() throws Exception {
        long seed = System.nanoTime();
        var random = new SplittableRandom(seed);
        var layer =
                new Tar()
                        .folder("a")
                        .file("a/b", "x")
                        .symbolic("c", "a/../a")
                        .hard("c/d", "a/b")
                        .file("c/.wh..wh..opq", "")
                        .owned("e", 04777, 5, 6, "y")
                        .done();
        for (int round = 0; round < 400; round++) {
            var bytes = layer.clone();
            for (int i = random.nextInt(1, 6); i > 0; i--) {
                int at = random.nextInt(bytes.length / 512) * 512;
                bytes[at + random.nextInt(0, 345)] = (byte) random.nextInt();
                checksum(bytes, at);
            }
            try {
                unpacked(archive(List.of(layer, bytes)), "");
            } catch (ImageException e) {
                assertThat(e.getMessage()).isNotBlank();
            } catch (Exception | AssertionError e) {
                throw new AssertionError("seed " + seed + " round " + round, e);
            }
        }
    }

    /// Makes a header's sum right again, so that what was changed is looked at.
    private static void checksum(byte[] tar, int at) {
        for (int i = 148; i < 156; i++) tar[at + i] = ' ';
        int sum = 0;
        for (int i = 0; i < 512; i++) sum += tar[at + i] & 0xff;
        var text = "%06o\0 ".formatted(sum).getBytes(UTF_8);
        System.arraycopy(text, 0, tar, at + 148, text.length);
    }
}
