package dev.wrenn.control.images;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.wrenn.control.domain.builds.ImageRegistry;
import dev.wrenn.control.images.TestImage.Tar;
import dev.wrenn.control.outgoing.TargetRules;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.zip.GZIPInputStream;
import org.apache.commons.compress.archivers.tar.TarArchiveInputStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Images are fetched as the distribution specification has it, from nowhere inside.
class RegistryContractTest {
    private static final Bounds SMALL = new Bounds(8 << 20, 64, 8, 100, 4 << 20);

    @TempDir private Path scratch;
    private final StubRegistry server = StubRegistry.start("team/app");
    private final TestImage image = new TestImage();
    private final List<String> heard = new ArrayList<>();
    private Registry registry;
    private String digest;

    @BeforeEach
    void fill() {
        registry = Registry.start(TargetRules.of(List.of("127.0.0.1")), SMALL, scratch);
        var layer = new Tar().file("a", "one").done();
        var manifest =
                image.stored(
                        TestImage.config(Map.of("Cmd", List.of("run")), List.of(layer)),
                        List.of(TestImage.gzip(layer)));
        digest = (String) manifest.get("digest");
        server.blobs.putAll(image.blobs);
        server.tags.put(
                "1.0",
                TestImage.index(
                        List.of(
                                TestImage.platform(manifest, "arm64"),
                                TestImage.platform(manifest, "amd64"))));
    }

    @AfterEach
    void leavesNothing() throws IOException {
        registry.close();
        server.close();
        assertThat(server.wrong).isEmpty();
        try (var left = Files.list(scratch)) {
            assertThat(left).isEmpty();
        }
    }

    private List<String> pull(String reference) throws Exception {
        try (var pulled = registry.pull(reference, heard::add);
                var tar =
                        new TarArchiveInputStream(new GZIPInputStream(pulled.content()), "UTF-8")) {
            assertThat(pulled.about().digest()).isEqualTo(digest);
            assertThat(pulled.about().remote()).isTrue();
            assertThat(pulled.about().source()).isEqualTo(reference);
            assertThat(pulled.about().defaults().entrypoint()).containsExactly("run");
            var names = new ArrayList<String>();
            for (var entry = tar.getNextEntry(); entry != null; entry = tar.getNextEntry())
                if (!entry.isDirectory()) names.add(entry.getName());
            return names;
        }
    }

    private String at() {
        return "http://" + server.host();
    }

    private void fails(String reference, String words) {
        assertThatThrownBy(() -> pull(reference))
                .as(words)
                .isInstanceOf(ImageRegistry.FailedException.class)
                .hasMessageContaining(words);
    }

    @Test
    void anImageIsFetchedWithATokenThatIsAskedForOnce() throws Exception {
        assertThat(pull(at() + "/team/app:1.0")).containsExactly("a");
        assertThat(server.asked).filteredOn("/token"::equals).hasSize(1);
        assertThat(heard).anyMatch(line -> line.startsWith("manifest sha256:"));
        server.guarded = false;
        assertThat(pull(at() + "/team/app@" + digest)).containsExactly("a");
        assertThat(pull(at() + "/team/app:none@" + digest)).containsExactly("a");
    }

    @Test
    void aTokenGoesToItsRegistryAlone() throws Exception {
        // Another name of the same machine.
        server.redirect = "http://localhost:" + server.host().split(":")[1] + "/elsewhere/";
        registry.close();
        var rules = TargetRules.of(List.of("127.0.0.1", "localhost"));
        registry = Registry.start(rules, SMALL, scratch);
        assertThat(pull(at() + "/team/app:1.0")).containsExactly("a");
        assertThat(server.asked).anyMatch(path -> path.startsWith("/elsewhere/"));
    }

    @Test
    void nothingInsideIsAskedByWhateverWay() throws Exception {
        fails(
                "http://127.0.0.2:" + server.host().split(":")[1] + "/team/app:1.0",
                "expected https");
        fails("127.0.0.2:" + server.host().split(":")[1] + "/team/app:1.0", "not allowed");
        assertThat(server.asked).isEmpty();
        server.redirect = "http://127.0.0.3/";
        fails(at() + "/team/app:1.0", "expected https");
        server.redirect = "https://127.0.0.3/";
        fails(at() + "/team/app:1.0", "not allowed");
        server.redirect = "file:///etc/passwd?";
        fails(at() + "/team/app:1.0", "not usable");
        server.redirect = "http://" + server.host() + "/v2/team/app/blobs/";
        fails(at() + "/team/app:1.0", "redirects without end");
    }

    @Test
    void whatIsNotThereOrOtherThanItSaysIsRefused() throws Exception {
        fails(at() + "/team/app:2.0", "none of this name");
        fails("no name", "no name of an image");
        var layer = image.blobs.keySet().iterator().next();
        server.blobs.put(layer, new byte[image.blobs.get(layer).length]);
        fails(at() + "/team/app:1.0", "another content than it says");
        server.blobs.put(layer, new byte[image.blobs.get(layer).length + 1]);
        fails(at() + "/team/app:1.0", "another content than it says");
        server.tags.put(digest, "{}".getBytes(java.nio.charset.StandardCharsets.UTF_8));
        fails(at() + "/team/app@" + digest, "another content than it says");
        server.close();
        fails(at() + "/team/app:1.0", "did not answer well");
    }

    @Test
    void namesMeanWhatTheyMeanEverywhere() {
        assertThat(Reference.parse("redis"))
                .contains(new Reference(false, "registry-1.docker.io", "library/redis", "latest"));
        assertThat(Reference.parse("docker.io/a/b:1"))
                .contains(new Reference(false, "registry-1.docker.io", "a/b", "1"));
        assertThat(Reference.parse("ghcr.io/a/b-c.d:1@sha256:" + "0".repeat(64)))
                .contains(new Reference(false, "ghcr.io", "a/b-c.d", "sha256:" + "0".repeat(64)));
        assertThat(Reference.parse("localhost/a"))
                .contains(new Reference(false, "localhost", "a", "latest"));
        assertThat(Reference.parse("h:5000/a"))
                .contains(new Reference(false, "h:5000", "a", "latest"));
        assertThat(Reference.parse("http://h:5000/a:1"))
                .contains(new Reference(true, "h:5000", "a", "1"));
        for (var wrong :
                List.of(
                        "",
                        "A",
                        "a//b",
                        "a:",
                        "/a",
                        "http://h/a",
                        "https://h.io/a",
                        "a/../b",
                        "h:x/a",
                        "a@md5:0",
                        "a b",
                        "user@h.io/a",
                        "a".repeat(513)))
            assertThat(Reference.parse(wrong)).as(wrong).isEqualTo(Optional.empty());
    }
}
