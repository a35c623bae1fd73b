package dev.wrenn.tests.system;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/// Images of containers become templates. The image is made here: a few programs of a capsule with
/// their libraries and nothing else, so that whatever a capsule of it has comes from the image. It
/// takes minutes where VMs are emulated: with `-Dwrenn.test.imports=true` only.
@EnabledIfSystemProperty(named = "wrenn.test.imports", matches = "true")
@ExtendWith(Shared.class)
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class ImportVmTest {
    private static final Duration SOON = Duration.ofMinutes(4);
    private static final JsonMapper JSON = JsonMapper.shared();

    /// What a shell needs: neither `su` nor `sync` nor anything of a package manager.
    private static final String PROGRAMS =
            "/usr/bin/dash /usr/bin/cat /usr/bin/id /usr/bin/ls /usr/bin/stat /usr/bin/sleep";

    private final Installation wrenn;
    private final Api api;
    private final List<String> made = new ArrayList<>();

    @TempDir private Path here;

    ImportVmTest(Installation wrenn) {
        this.wrenn = wrenn;
        this.api = wrenn.api();
    }

    @BeforeAll
    void signIn() {
        wrenn.runWords(SOON, "login").ok();
    }

    @AfterAll
    void delete() {
        for (var name : made) wrenn.runWords(SOON, "template", "delete", name);
    }

    @Test
    void aTemplateIsWhatTheImageIs() throws Exception {
        var archive = image();
        var said = bring(archive, "imported").ok().text();
        assertThat(said).contains("[1/1] IMPORT image.tar sha256:", "done in", "success");
        var id = api.create("{\"template\":\"imported\"}");
        assertThat(api.output(id, "id -un; pwd; echo \"$GREETING\"; cat /etc/motd; ls /"))
                .isEqualTo(
                        "app\n/srv/app\nhello from the image\nsecond layer\n"
                                + String.join("\n", "bin", "dev", "entry", "etc", "lib", "lib64")
                                + "\n"
                                + String.join("\n", "proc", "run", "srv", "sys", "tmp", "usr")
                                + "\n");
        assertThat(api.output(id, "stat -c '%u %g %a' /entry /srv/app /tmp; ls /usr/bin"))
                .isEqualTo("0 0 755\n1234 1234 750\n0 0 1777\ncat\ndash\nid\nls\nsleep\nstat\n");
        // The entrypoint runs as the user, in the directory, with the variables.
        Eventually.within(
                SOON,
                () ->
                        assertThat(api.output(id, "cat said"))
                                .isEqualTo("hello from the image with an argument\napp\n"));
        var pid = entrypoint(id).path("pid").asInt(0);
        api.post("/v1/capsules/" + id + "/pause", "").expect(200);
        api.post("/v1/capsules/" + id + "/resume", "").expect(200);
        api.awaitStatus(id, "running", Api.BOOT);
        assertThat(entrypoint(id).path("pid").asInt(0)).as("it goes on").isEqualTo(pid);
        api.destroy(id);
        // The image is known: nothing is unpacked, whatever its new name.
        assertThat(bring(archive, "again").ok().text()).contains("cached").contains("success");
    }

    @Test
    void whatIsNoImageIsRefusedAndNothingIsBuilt() throws Exception {
        var evil = Files.createDirectory(here.resolve("evil"));
        Files.writeString(evil.resolve("file"), "x");
        run(evil, "tar", "-P", "--transform=s,file,../../out,", "-cf", "../evil.tar", "file");
        var refused = bring(here.resolve("evil.tar"), "evil");
        assertThat(refused.exit()).isEqualTo(1);
        assertThat(refused.err()).contains("invalid_image", "leads out");
        assertThat(here.resolveSibling("out")).doesNotExist();
        assertThat(wrenn.runWords(SOON, "build", "list").ok().text()).doesNotContain("evil");
    }

    private Cli.Result bring(Path archive, String name) {
        made.add(name);
        return wrenn.runWords(SOON, "template", "import", archive.toString(), "--name", name);
    }

    private JsonNode entrypoint(String id) {
        var processes = api.get("/v1/capsules/" + id + "/processes").expect(200).json();
        for (var process : processes.path("processes"))
            if (process.path("tag").asString("").equals("entrypoint")) return process;
        throw new AssertionError("no entrypoint: " + processes);
    }

    /// An image of two layers as an OCI image layout.
    private Path image() throws Exception {
        var programs = programs();
        var top = Files.createDirectories(here.resolve("top"));
        Files.createDirectories(top.resolve("etc"));
        Files.writeString(
                top.resolve("etc/passwd"),
                "root:x:0:0::/root:/bin/sh\napp:x:1234:1234::/:/bin/sh\n");
        Files.writeString(top.resolve("etc/motd"), "second layer\n");
        Files.writeString(top.resolve("etc/.wh.hidden"), "");
        Files.createDirectories(top.resolve("bin"));
        Files.createSymbolicLink(top.resolve("bin/sh"), Path.of("../usr/bin/dash"));
        Files.writeString(
                top.resolve("entry"),
                "#!/bin/sh\n(echo \"$GREETING $1\"; id -un) > said\nexec sleep 100000\n");
        Files.createDirectories(top.resolve("srv/app"));
        run(top, "chmod", "755", "entry");
        run(top, "chmod", "750", "srv/app");
        run(top, "tar", "--owner=0", "--group=0", "-cf", "../top.tar", "bin", "entry", "etc");
        run(top, "tar", "--owner=1234", "--group=1234", "-rf", "../top.tar", "srv/app");
        var layers = List.of(programs, here.resolve("top.tar"));
        var layout = Files.createDirectories(here.resolve("layout"));
        Files.createDirectories(layout.resolve("blobs/sha256"));
        var config = JSON.createObjectNode().put("os", "linux").put("architecture", "amd64");
        var says = config.putObject("config").put("User", "app").put("WorkingDir", "/srv/app");
        says.putArray("Env").add("GREETING=hello from the image").add("PATH=/usr/bin:/bin");
        says.putArray("Entrypoint").add("/entry");
        says.putArray("Cmd").add("with an argument");
        var sums = config.putObject("rootfs").put("type", "layers").putArray("diff_ids");
        for (var layer : layers) sums.add(digest(Files.readAllBytes(layer)));
        var manifest = JSON.createObjectNode().put("schemaVersion", 2);
        manifest.set("config", blob(layout, JSON.writeValueAsBytes(config)));
        var list = manifest.putArray("layers");
        for (var layer : layers) list.add(blob(layout, Files.readAllBytes(layer)));
        var index = JSON.createObjectNode().put("schemaVersion", 2);
        index.putArray("manifests").add(blob(layout, JSON.writeValueAsBytes(manifest)));
        Files.write(layout.resolve("index.json"), JSON.writeValueAsBytes(index));
        Files.writeString(layout.resolve("oci-layout"), "{\"imageLayoutVersion\":\"1.0.0\"}");
        run(layout, "tar", "-cf", "../image.tar", ".");
        return here.resolve("image.tar");
    }

    /// The lowest layer, packed in a capsule.
    private Path programs() {
        var id = api.create();
        api.output(
                id,
                """
                set -e
                cd /
                libraries=$(ldd %1$s | grep -o '/[^ )]*\\.so[^ )]*' | sort -u)
                echo x > /etc/hidden
                tar -chf /home/user/programs.tar %1$s $libraries /etc/hidden 2>/dev/null
                """
                        .formatted(PROGRAMS));
        var file = here.resolve("programs.tar");
        wrenn.runWords(SOON, "cp", id + ":/home/user/programs.tar", file.toString()).ok();
        api.destroy(id);
        return file;
    }

    private static ObjectNode blob(Path layout, byte[] content) throws IOException {
        var digest = digest(content);
        Files.write(layout.resolve("blobs/sha256").resolve(digest.substring(7)), content);
        return JSON.createObjectNode().put("digest", digest).put("size", content.length);
    }

    private static String digest(byte[] content) {
        try {
            var sum = MessageDigest.getInstance("SHA-256").digest(content);
            return "sha256:" + HexFormat.of().formatHex(sum);
        } catch (NoSuchAlgorithmException e) {
            throw new AssertionError(e); // every JDK has it
        }
    }

    private static void run(Path directory, String... words)
            throws IOException, InterruptedException {
        var process =
                new ProcessBuilder(words)
                        .directory(directory.toFile())
                        .redirectErrorStream(true)
                        .start();
        var said = new String(process.getInputStream().readAllBytes(), UTF_8);
        assertThat(process.waitFor(1, TimeUnit.MINUTES)).isTrue();
        assertThat(process.exitValue()).as(said).isZero();
    }
}
