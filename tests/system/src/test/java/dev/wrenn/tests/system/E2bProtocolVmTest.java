package dev.wrenn.tests.system;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.Base64;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import tools.jackson.databind.JsonNode;

/// Existing clients of the sandbox protocol talk to the guest agent with Connect's JSON codec and
/// plain HTTP. Every call in the form in which they send it, to a real guest.
@ExtendWith(Shared.class)
class E2bProtocolVmTest {
    private static final String PROCESS = "process.Process/";
    private static final String FILES = "filesystem.Filesystem/";

    private final Installation wrenn;
    private final Api api;
    private String id = "";
    private RawEnvd envd = RawEnvd.NONE;

    E2bProtocolVmTest(Installation wrenn) {
        this.wrenn = wrenn;
        this.api = wrenn.api();
    }

    @BeforeEach
    void create() {
        id = api.create();
        envd = wrenn.envd(id);
    }

    @AfterEach
    void destroy() {
        api.destroy(id);
    }

    @Test
    void healthAndFilesOverPlainHttp() {
        var health = envd.get("/health"); // clients ask only whether it succeeds
        assertThat(health.statusCode()).isEqualTo(200);
        assertThat(RawEnvd.json(health).path("version").asString()).isNotBlank();
        var written = envd.post("/files?path=/tmp/deep/a.txt", "application/octet-stream", "hello");
        assertThat(written.statusCode()).isEqualTo(200);
        var info = RawEnvd.json(written);
        assertThat(info.path(0).path("path").asString()).isEqualTo("/tmp/deep/a.txt");
        assertThat(info.path(0).path("name").asString()).isEqualTo("a.txt");
        assertThat(info.path(0).path("type").asString()).isEqualTo("file");
        var read = envd.get("/files?path=/tmp/deep/a.txt");
        assertThat(read.statusCode()).isEqualTo(200);
        assertThat(new String(read.body(), UTF_8)).isEqualTo("hello");
        assertThat(read.headers().firstValue("content-length")).hasValue("5");
        // the path is the name of the part
        var form =
                """
                --line\r
                Content-Disposition: form-data; name="file"; filename="/tmp/form.txt"\r
                Content-Type: application/octet-stream\r
                \r
                of a form\r
                --line--\r
                """;
        var posted = envd.post("/files", "multipart/form-data; boundary=line", form);
        assertThat(posted.statusCode()).isEqualTo(200);
        var formRead = envd.get("/files?path=/tmp/form.txt");
        assertThat(new String(formRead.body(), UTF_8)).isEqualTo("of a form");
        var missing = envd.get("/files?path=/tmp/none");
        assertThat(missing.statusCode()).isEqualTo(404);
        assertThat(RawEnvd.json(missing).path("message").asString()).isNotBlank();
        assertThat(envd.get("/metrics").statusCode()).isEqualTo(200);
        assertThat(envd.get("/envs").statusCode()).isEqualTo(200);
    }

    @Test
    void aCommandFromStartToEnd() throws Exception {
        try (var events = envd.stream(PROCESS + "Start", start("echo out; echo err >&2; exit 3"))) {
            assertThat(events.next().path("event").path("start").path("pid").asInt()).isPositive();
            var said = new StringBuilder();
            JsonNode end = null;
            while (end == null) {
                var event = events.next().path("event");
                said.append(text(event.path("data").path("stdout")));
                said.append(text(event.path("data").path("stderr")));
                if (event.has("end")) end = event.path("end");
            }
            assertThat(said.toString()).contains("out\n").contains("err\n");
            assertThat(end.path("exitCode").asInt()).isEqualTo(3);
            assertThat(end.path("exited").asBoolean()).isTrue();
            assertThat(end.path("status").asString()).isEqualTo("exit status 3");
            assertThat(events.trailer().has("error")).isFalse();
        }
    }

    @Test
    void inputConnectListSignalAndClosedInput() throws Exception {
        var command = "{\"process\":{\"cmd\":\"/bin/cat\"},\"stdin\":true,\"tag\":\"mine\"}";
        try (var events = envd.stream(PROCESS + "Start", command)) {
            int pid = events.next().path("event").path("start").path("pid").asInt();
            var selector = "{\"process\":{\"pid\":" + pid + "}";
            var listed = envd.call(PROCESS + "List", "{}").path("processes");
            assertThat(listed).hasSize(1);
            assertThat(listed.path(0).path("pid").asInt()).isEqualTo(pid);
            assertThat(listed.path(0).path("tag").asString()).isEqualTo("mine");
            assertThat(listed.path(0).path("config").path("cmd").asString()).isEqualTo("/bin/cat");
            envd.call(
                    PROCESS + "SendInput",
                    selector + ",\"input\":{\"stdin\":\"" + base64("typed\n") + "\"}}");
            assertThat(text(events.next().path("event").path("data").path("stdout")))
                    .isEqualTo("typed\n");
            try (var again = envd.stream(PROCESS + "Connect", "{\"process\":{\"tag\":\"mine\"}}")) {
                assertThat(again.next().path("event").path("start").path("pid").asInt())
                        .isEqualTo(pid);
                envd.call(PROCESS + "CloseStdin", selector + "}");
                var event = again.next().path("event");
                while (!event.has("end")) event = again.next().path("event");
                assertThat(event.path("end").path("exitCode").asInt()).isZero();
            }
            var gone = selector + ",\"signal\":\"SIGNAL_SIGKILL\"}";
            envd.refused(PROCESS + "SendSignal", gone, 404, "not_found");
        }
    }

    @Test
    void aKilledProcessSaysSo() throws Exception {
        try (var events = envd.stream(PROCESS + "Start", start("sleep 1000"))) {
            int pid = events.next().path("event").path("start").path("pid").asInt();
            envd.call(
                    PROCESS + "SendSignal",
                    "{\"process\":{\"pid\":" + pid + "},\"signal\":\"SIGNAL_SIGKILL\"}");
            var event = events.next().path("event");
            while (!event.has("end")) event = events.next().path("event");
            assertThat(event.path("end").path("status").asString()).isEqualTo("signal: killed");
        }
    }

    @Test
    void aTerminalAndItsNewSize() throws Exception {
        var command =
                """
                {"process":{"cmd":"/bin/sh","args":["-i"],"envs":{"PS1":"# "}},
                 "pty":{"size":{"cols":80,"rows":24}}}
                """;
        try (var events = envd.stream(PROCESS + "Start", command)) {
            int pid = events.next().path("event").path("start").path("pid").asInt();
            var selector = "{\"process\":{\"pid\":" + pid + "}";
            envd.call(
                    PROCESS + "Update",
                    selector + ",\"pty\":{\"size\":{\"cols\":132,\"rows\":43}}}");
            var line = base64("stty size; exit\n");
            envd.call(PROCESS + "SendInput", selector + ",\"input\":{\"pty\":\"" + line + "\"}}");
            var screen = new StringBuilder();
            for (var event = events.next().path("event");
                    !event.has("end");
                    event = events.next().path("event"))
                screen.append(text(event.path("data").path("pty")));
            assertThat(screen.toString()).contains("43 132");
        }
    }

    @Test
    void filesAndFolders() {
        var made = envd.call(FILES + "MakeDir", "{\"path\":\"/tmp/folder/inner\"}").path("entry");
        assertThat(made.path("type").asString()).isEqualTo("FILE_TYPE_DIRECTORY");
        envd.refused(FILES + "MakeDir", "{\"path\":\"/tmp/folder/inner\"}", 409, "already_exists");
        envd.post("/files?path=/tmp/folder/a", "application/octet-stream", "12345");
        api.output(id, "ln -s a /tmp/folder/link");
        var entry = envd.call(FILES + "Stat", "{\"path\":\"/tmp/folder/a\"}").path("entry");
        assertThat(entry.path("name").asString()).isEqualTo("a");
        assertThat(entry.path("type").asString()).isEqualTo("FILE_TYPE_FILE");
        assertThat(entry.path("size").asString()).isEqualTo("5"); // 64 bits: a string in JSON
        assertThat(entry.path("owner").asString()).isEqualTo("root");
        assertThat(entry.path("modifiedTime").asString()).endsWith("Z");
        var listed = envd.call(FILES + "ListDir", "{\"path\":\"/tmp/folder\",\"depth\":1}");
        assertThat(listed.path("entries").valueStream().map(e -> e.path("name").asString()))
                .containsExactlyInAnyOrder("a", "inner", "link");
        var moved =
                envd.call(
                        FILES + "Move",
                        "{\"source\":\"/tmp/folder/a\",\"destination\":\"/tmp/folder/b\"}");
        assertThat(moved.path("entry").path("path").asString()).isEqualTo("/tmp/folder/b");
        envd.call(FILES + "Remove", "{\"path\":\"/tmp/folder\"}");
        envd.refused(FILES + "Stat", "{\"path\":\"/tmp/folder\"}", 404, "not_found");
    }

    @Test
    void watchesAsAStreamAndByPolling() throws Exception {
        envd.call(FILES + "MakeDir", "{\"path\":\"/tmp/watched\"}");
        try (var events = envd.stream(FILES + "WatchDir", "{\"path\":\"/tmp/watched\"}")) {
            assertThat(events.next().has("start")).isTrue();
            var watcher = envd.call(FILES + "CreateWatcher", "{\"path\":\"/tmp/watched\"}");
            var polled = "{\"watcherId\":\"" + watcher.path("watcherId").asString() + "\"}";
            api.output(id, "echo x >/tmp/watched/new");
            var first = events.next().path("filesystem");
            assertThat(first.path("name").asString()).isEqualTo("new");
            assertThat(first.path("type").asString()).isEqualTo("EVENT_TYPE_CREATE");
            var seen =
                    Eventually.within(
                            Api.LIMIT,
                            () -> {
                                var all = envd.call(FILES + "GetWatcherEvents", polled);
                                assertThat(all.path("events")).isNotEmpty();
                                return all.path("events");
                            });
            assertThat(seen.path(0).path("type").asString()).isEqualTo("EVENT_TYPE_CREATE");
            envd.call(FILES + "RemoveWatcher", polled);
            envd.refused(FILES + "GetWatcherEvents", polled, 404, "not_found");
        }
    }

    private static String start(String script) {
        return "{\"process\":{\"cmd\":\"/bin/sh\",\"args\":"
                + tools.jackson.databind.json.JsonMapper.shared()
                        .writeValueAsString(List.of("-c", script))
                + ",\"envs\":{}},\"stdin\":false}";
    }

    private static String base64(String text) {
        return Base64.getEncoder().encodeToString(text.getBytes(UTF_8));
    }

    /// @return empty for a missing node
    private static String text(JsonNode base64) {
        return new String(Base64.getDecoder().decode(base64.asString("")), UTF_8);
    }
}
