package dev.wrenn.tests.system;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.DataInputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.json.JsonMapper;

/// The recipes that come with the product, built for real: their packages come from Debian's
/// mirror. `node` and `code-runner-beta`, with hundreds of packages and minutes in an emulated
/// guest, only with `-Dwrenn.test.recipes=all`.
@ExtendWith(Shared.class)
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class RecipesVmTest {
    private static final Duration SOON = Duration.ofMinutes(3);
    private static final Duration LONG = Duration.ofMinutes(20); // packages, in an emulated guest
    private static final String EXECUTE =
            """
            {"header":{"msg_id":"1","username":"","session":"s","msg_type":"execute_request",
             "version":"5.3"},"parent_header":{},"metadata":{},"channel":"shell","buffers":[],
             "content":{"code":"print(6 * 7)","silent":false,"store_history":false,
             "user_expressions":{},"allow_stdin":false}}\
            """;

    private final Installation wrenn;
    private final Api api;
    private final List<String> made = new ArrayList<>();

    @TempDir private Path here;

    RecipesVmTest(Installation wrenn) {
        this.wrenn = wrenn;
        this.api = wrenn.api();
    }

    @BeforeAll
    void signIn() {
        var id = create("minimal");
        var reached =
                api.output(
                        id,
                        "python3 -c \"import urllib.request as u; print(u.urlopen("
                                + "'http://deb.debian.org/debian/dists/bookworm/Release',"
                                + " timeout=20).status)\" 2>&1 || true");
        api.destroy(id);
        assumeTrue(reached.strip().equals("200"), "guests do not reach Debian's mirror");
        wrenn.runWords(SOON, "login").ok();
    }

    @AfterAll
    void delete() {
        for (var name : made) wrenn.runWords(SOON, "template", "delete", name);
    }

    private String build(Path recipe, String... more) {
        var words = new ArrayList<>(List.of("template", "build", "-f", recipe.toString()));
        words.addAll(List.of(more));
        made.addFirst(String.valueOf(recipe.getFileName()).replace(".recipe", ""));
        return wrenn.runWords(LONG, words.toArray(String[]::new)).ok().text();
    }

    private static Path shipped(String name) {
        return Path.of(System.getProperty("wrenn.root", "../.."), "recipes", name + ".recipe")
                .toAbsolutePath();
    }

    private String create(String template) {
        return api.create("{\"template\":\"" + template + "\"}");
    }

    /// A pure Python package, as pip takes it.
    private static void wheel(Path file) throws IOException {
        try (var zip = new ZipOutputStream(Files.newOutputStream(file))) {
            put(zip, "answer.py", "def answer():\n    return 42\n");
            var info = "answer-1.0.dist-info/";
            put(zip, info + "METADATA", "Metadata-Version: 2.1\nName: answer\nVersion: 1.0\n");
            put(
                    zip,
                    info + "WHEEL",
                    "Wheel-Version: 1.0\nGenerator: t\nRoot-Is-Purelib: true\nTag: py3-none-any\n");
            put(
                    zip,
                    info + "RECORD",
                    "answer.py,,\n%sMETADATA,,\n%sWHEEL,,\n%sRECORD,,\n".replace("%s", info));
        }
    }

    private static void put(ZipOutputStream zip, String name, String text) throws IOException {
        zip.putNextEntry(new ZipEntry(name));
        zip.write(text.getBytes(UTF_8));
        zip.closeEntry();
    }

    @Test
    void pythonInstallsFromAWheelInTheArchive() throws IOException {
        build(shipped("python"));
        var files = Files.createDirectories(here.resolve("files"));
        wheel(files.resolve("answer-1.0-py3-none-any.whl"));
        var recipe = here.resolve("answer.recipe");
        Files.write(
                recipe,
                List.of(
                        "COPY answer-1.0-py3-none-any.whl ./",
                        "RUN --timeout=3m pip install --no-index answer-1.0-py3-none-any.whl"));
        var more = List.of("--base", "python", "--archive", files.toString(), "--skip-pre-post");
        build(recipe, more.toArray(String[]::new));
        var id = create("answer");
        assertThat(
                        api.output(
                                id,
                                "python -c 'import answer, sys; print(answer.answer(),"
                                        + " sys.prefix)'"))
                .isEqualTo("42 /home/wrenn-user/venv\n");
        api.destroy(id);
    }

    @Test
    @EnabledIfSystemProperty(named = "wrenn.test.recipes", matches = "all")
    void nodeRunsAndNpmPacks() throws IOException {
        build(shipped("node"));
        var id = create("node");
        var script = "mkdir p && cd p && npm init -y >/dev/null && npm pack --silent && node -p 42";
        var command = Api.command("/bin/sh", "-c", script);
        command.put("timeout_sec", LONG.toSeconds()); // npm on an emulated processor takes its time
        assertThat(api.exec(id, command).expect(200).text("stdout")).isEqualTo("p-1.0.0.tgz\n42\n");
        api.destroy(id);
    }

    @Test
    @EnabledIfSystemProperty(named = "wrenn.test.recipes", matches = "all")
    void aKernelAnswersThroughTheProxy() throws IOException {
        build(shipped("code-runner-beta"));
        var id = create("code-runner-beta");
        long start = System.nanoTime();
        var host = "8888-" + id + ".localhost";
        String kernel;
        try (var client = new PortClient(wrenn.api().base(), host)) {
            var answer = client.ask("GET", "/api/kernels").answer();
            kernel = JsonMapper.shared().readTree(answer.body()).path(0).path("id").asString();
        }
        try (var client = new PortClient(wrenn.api().base(), host)) {
            client.ask(
                    "GET",
                    "/api/kernels/" + kernel + "/channels",
                    "Upgrade: websocket",
                    "Connection: Upgrade",
                    "Sec-WebSocket-Version: 13",
                    "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==");
            assertThat(client.head().status()).isEqualTo(101);
            client.send(frame(EXECUTE));
            var in = new DataInputStream(client.in());
            while (!text(in).contains("\"text\": \"42\\n\"")) {}
        }
        System.out.println(
                "a kernel answered after " + (System.nanoTime() - start) / 1_000_000 + " ms");
        api.destroy(id);
    }

    /// One message, masked with zeros (RFC 6455, 5.3).
    private static byte[] frame(String text) {
        var bytes = text.getBytes(UTF_8);
        return ByteBuffer.allocate(8 + bytes.length)
                .put((byte) 0x81)
                .put((byte) (0x80 | 126))
                .putShort((short) bytes.length)
                .putInt(0)
                .put(bytes)
                .array();
    }

    private static String text(DataInputStream in) throws IOException {
        in.readByte();
        long length = in.readByte() & 0x7f;
        if (length == 126) length = in.readUnsignedShort();
        else if (length == 127) length = in.readLong();
        return new String(in.readNBytes((int) length), UTF_8);
    }
}
