package dev.wrenn.tests.system;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.Base64;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.extension.ExtendWith;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/// Terminals (spec 06), in one capsule.
@ExtendWith(Shared.class)
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class TerminalVmTest {
    private static final Duration SOON = Duration.ofSeconds(60);

    private final Api api;
    private String id = "";

    TerminalVmTest(Installation wrenn) {
        this.api = wrenn.api();
    }

    @BeforeAll
    void create() {
        id = api.create();
    }

    @AfterAll
    void destroy() {
        api.destroy(id);
    }

    private static ObjectNode message(String type) {
        return JsonMapper.shared().createObjectNode().put("type", type);
    }

    private static ObjectNode start(String program, String... arguments) {
        return Api.command(program, arguments).put("type", "start");
    }

    private Stream open(JsonNode first) {
        return open(id, first);
    }

    private Stream open(String capsule, JsonNode first) {
        var socket = api.socket("/v1/capsules/" + capsule + "/pty");
        socket.send(first);
        return socket;
    }

    private Stream reopen(String tag) {
        return open(message("connect").put("tag", tag));
    }

    private static void type(Stream to, String text) {
        var data = Base64.getEncoder().encodeToString(text.getBytes(ISO_8859_1));
        to.send(message("input").put("data", data));
    }

    private static JsonNode next(Stream from, String type) {
        var next = from.next();
        while (next.path("type").asString().equals("ping")) next = from.next();
        assertThat(next.path("type").asString()).as("%s", next).isEqualTo(type);
        return next;
    }

    /// Output until this is in it; all of it.
    private static String until(Stream from, String wanted) {
        var text = new StringBuilder();
        while (text.indexOf(wanted) < 0) {
            var data = next(from, "output").path("data").asString();
            text.append(new String(Base64.getDecoder().decode(data), ISO_8859_1));
        }
        return text.toString();
    }

    /// Output until the end of the program.
    private static String rest(Stream from) {
        var text = new StringBuilder();
        for (var next = from.next(); ; next = from.next()) {
            if (next.path("type").asString().equals("exit")) return text.toString();
            var data = next.path("data").asString("");
            text.append(new String(Base64.getDecoder().decode(data), ISO_8859_1));
        }
    }

    @Test
    void aShellHasATerminalOfTheRightSize() {
        try (var shell = open(message("start").put("cols", 101).put("rows", 31))) {
            assertThat(next(shell, "started").path("tag").asString()).matches("pty-[0-9a-f]{8}");
            type(shell, "tty; stty size; echo $TERM $LANG $LC_ALL $0; pwd; echo a-$((1+1))-z\r");
            var said = until(shell, "a-2-z");
            assertThat(said)
                    .contains("/dev/pts/", "31 101", "xterm-256color C.UTF-8 C.UTF-8 /bin/bash")
                    .contains("/root");
            shell.send(message("resize").put("cols", 132).put("rows", 50));
            type(shell, "stty size\r");
            until(shell, "50 132");
            type(shell, "exit 5\r");
            assertThat(shell.until("exit").getLast().path("exit_code").asInt()).isEqualTo(5);
            assertThat(shell.closed()).isEqualTo(1000);
        }
    }

    @Test
    void everyByteGoesBothWays() {
        var all = new StringBuilder();
        for (char c = 0; c < 256; c++) all.append(c);
        try (var raw = open(start("/bin/sh", "-c", "stty raw -echo; echo ready; exec cat"))) {
            next(raw, "started");
            until(raw, "ready");
            type(raw, all + "end");
            assertThat(until(raw, "end")).endsWith(all + "end");
        }
    }

    @Test
    void userDirectoryAndVariablesAreHonoured() {
        var body = start("/bin/sh", "-c", "id -un; pwd; echo $COLOUR; echo $TERM");
        body.put("user", "nobody").put("cwd", "/var/tmp");
        body.putObject("envs").put("COLOUR", "blue").put("TERM", "dumb");
        try (var terminal = open(body)) {
            next(terminal, "started");
            assertThat(rest(terminal)).isEqualTo("nobody\r\n/var/tmp\r\nblue\r\ndumb\r\n");
        }
        try (var unknown = open(start("true").put("user", "who-is-that"))) {
            var error = next(unknown, "error");
            assertThat(error.path("fatal").asBoolean()).isTrue();
            assertThat(error.path("data").asString()).contains("who-is-that");
        }
    }

    @Test
    void killReachesTheWholeGroup() {
        try (var terminal = open(start("/bin/sh", "-c", "sleep 4901 & echo up; sleep 4901"))) {
            next(terminal, "started");
            until(terminal, "up");
            terminal.send(message("kill"));
            assertThat(terminal.until("exit").getLast().path("exit_code").asInt())
                    .isEqualTo(128 + 9);
        }
        Eventually.within(
                SOON,
                () ->
                        assertThat(api.output(id, "pgrep -c -f '^sleep 490[1]' || true"))
                                .isEqualTo("0\n"));
    }

    @Test
    void nothingIsMissingBetweenWhatWasAndWhatComes() {
        String tag;
        var script =
                "i=0; while [ $i -lt 600 ]; do i=$((i+1)); echo line-$i;"
                        + " [ $((i%20)) = 0 ] && sleep 0.02; done; exit 0";
        try (var first = open(start("/bin/sh", "-c", script))) {
            tag = next(first, "started").path("tag").asString();
            until(first, "line-100\r");
        }
        try (var second = reopen(tag)) {
            assertThat(next(second, "started").path("pid").asInt()).isPositive();
            var lines = rest(second).split("\r\n", -1);
            int from = Integer.parseInt(lines[0].substring("line-".length()));
            assertThat(from).isLessThanOrEqualTo(100);
            for (int i = 0; i < lines.length - 1; i++)
                assertThat(lines[i]).isEqualTo("line-" + (from + i));
            assertThat(lines[lines.length - 2]).isEqualTo("line-600");
        }
        try (var late = reopen(tag)) {
            next(late, "started");
            assertThat(rest(late)).endsWith("line-600\r\n");
        }
        try (var unknown = reopen("pty-00000000")) {
            var error = next(unknown, "error");
            assertThat(error.path("data").asString()).contains("not found");
            assertThat(error.path("fatal").asBoolean()).isTrue();
        }
    }

    @Test
    void twoAtOneTerminal() {
        try (var one = open(start("cat"))) {
            var tag = next(one, "started").path("tag").asString();
            try (var two = reopen(tag)) {
                next(two, "started");
                type(one, "from one\r");
                until(two, "from one\r\nfrom one");
                type(two, "from two\r");
                until(one, "from two\r\nfrom two");
            }
            assertThat(api.get("/v1/capsules/" + id + "/processes").json().toString())
                    .contains(tag);
            api.delete("/v1/capsules/" + id + "/processes/" + tag).expect(204);
            assertThat(one.until("exit").getLast().path("exit_code").asInt()).isEqualTo(128 + 9);
        }
    }

    @Test
    void aPauseLeavesTheTerminalInItsMemory() {
        var own = api.create();
        String tag;
        try (var shell = open(own, message("start"))) {
            tag = next(shell, "started").path("tag").asString();
            type(shell, "cd /var/tmp; SECRET=kept; echo be''fore\r");
            until(shell, "before");
            api.post("/v1/capsules/" + own + "/pause", "").expect(200);
            var error = shell.until("error").getLast();
            assertThat(error.path("fatal").asBoolean()).isTrue();
        }
        try (var paused = open(own, message("connect").put("tag", tag))) {
            assertThat(next(paused, "error").path("data").asString())
                    .isEqualTo("sandbox is not running (status: paused)");
        }
        api.post("/v1/capsules/" + own + "/resume", "").expect(200);
        api.awaitStatus(own, "running", SOON);
        try (var shell = open(own, message("connect").put("tag", tag))) {
            next(shell, "started");
            until(shell, "before");
            type(shell, "echo $SECRET-$PWD\r");
            until(shell, "kept-/var/tmp");
        }
        api.destroy(own);
    }

    @Test
    void onlyTrafficKeepsACapsuleAwake() {
        var idle = api.create("{\"timeout_sec\":6}");
        try (var terminal = open(idle, message("start"))) {
            next(terminal, "started");
            until(terminal, "#");
            api.awaitStatus(idle, "paused", SOON);
        }
        api.destroy(idle);
    }
}
