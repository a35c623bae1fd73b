package dev.wrenn.tests.system;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Arrays;
import java.util.HexFormat;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.extension.ExtendWith;
import tools.jackson.databind.json.JsonMapper;

/// The first five minutes: only the commands that the README shows.
@ExtendWith(Shared.class)
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class NewcomerVmTest {
    private static final byte[] NOTHING = {};

    private final Installation wrenn;
    private String id = "";

    NewcomerVmTest(Installation wrenn) {
        this.wrenn = wrenn;
    }

    @BeforeAll
    void create() {
        id = wrenn.client(NOTHING, "capsule", "create").ok().text().strip();
        assertThat(id).matches("cl-[0-9a-z]{25}");
    }

    @AfterAll
    void destroy() {
        wrenn.client(NOTHING, "capsule", "destroy", id).ok();
        assertThat(wrenn.api().status(id)).isEqualTo("stopped");
    }

    private Cli.Result exec(byte[] input, String... command) {
        var arguments = new java.util.ArrayList<>(java.util.List.of("exec", id, "--"));
        arguments.addAll(Arrays.asList(command));
        return wrenn.client(input, arguments.toArray(String[]::new));
    }

    @Test
    void pythonPrintsFortyTwo() {
        assertThat(exec(NOTHING, "python3", "-c", "print(6*7)").ok().text()).isEqualTo("42\n");
    }

    @Test
    void theExitCodeIsTheCommands() {
        assertThat(exec(NOTHING, "sh", "-c", "exit 3").exit()).isEqualTo(3);
    }

    @Test
    void theKernelIsNotTheHosts() {
        var guest = exec(NOTHING, "uname", "-r").ok().text().strip();
        assertThat(guest).isNotEmpty().isNotEqualTo(Cli.system("uname", "-r").strip());
    }

    @Test
    void standardInputReachesTheCommand() {
        assertThat(exec("one\ntwo\n".getBytes(UTF_8), "wc", "-l").ok().text().strip())
                .isEqualTo("2");
    }

    @Test
    void everyByteSurvivesBothWays() {
        var all = new byte[64 * 1024];
        for (int i = 0; i < all.length; i++) all[i] = (byte) i;
        var back = exec(all, "cat").ok().out();
        assertThat(HexFormat.of().formatHex(back)).isEqualTo(HexFormat.of().formatHex(all));
    }

    @Test
    void standardErrorStaysApart() {
        var result = exec(NOTHING, "sh", "-c", "echo out; echo err >&2");
        assertThat(result.ok().text()).isEqualTo("out\n");
        assertThat(result.err()).contains("err").doesNotContain("out");
    }

    @Test
    void programsCanReadListAndGet() {
        var list = wrenn.client(NOTHING, "capsule", "list", "--json").json();
        assertThat(list.isArray()).isTrue();
        assertThat(list.valueStream().map(c -> c.path("id").asString())).contains(id);
        var capsule = wrenn.client(NOTHING, "capsule", "get", id, "--json").json();
        assertThat(capsule.path("status").asString()).isEqualTo("running");
        assertThat(capsule.path("template").asString()).isEqualTo("minimal");
    }

    @Test
    void createCanPrintTheObject() {
        var json = wrenn.client(NOTHING, "capsule", "create", "--json").json();
        var other = json.path("id").asString();
        assertThat(json.path("status").asString()).isEqualTo("running");
        wrenn.client(NOTHING, "capsule", "destroy", other).ok();
    }

    @Test
    void theCredentialsAreForTheirOwnerOnly() throws IOException {
        var file = wrenn.dataDir().resolve("credentials.json");
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file)))
                .isEqualTo("rw-------");
        var json = JsonMapper.shared().readTree(file);
        for (var name : new String[] {"api_url", "email", "password", "api_key", "team_id"}) {
            assertThat(json.path(name).asString("")).as(name).isNotEmpty();
        }
    }
}
