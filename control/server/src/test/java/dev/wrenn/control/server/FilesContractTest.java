package dev.wrenn.control.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.wrenn.common.model.CapsuleId;
import dev.wrenn.common.testing.PostgresFixture;
import dev.wrenn.common.testing.RedisFixture;
import dev.wrenn.control.hostlink.FakeFiles;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.SequenceInputStream;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublisher;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/// Files through the real API, down to a host that keeps them in memory.
class FilesContractTest {
    @RegisterExtension static final PostgresFixture POSTGRES = new PostgresFixture();
    @RegisterExtension static final RedisFixture REDIS = new RedisFixture();
    private static final Duration SOON = Duration.ofSeconds(20);
    private static final int MIB = 1 << 20;
    private static final String FORM = "multipart/form-data; boundary=edge";

    private static Stack stack;
    private static Control control;
    private static ApiProbe api;
    private static String id;

    @BeforeAll
    static void start() throws Exception {
        stack = new Stack(POSTGRES, REDIS);
        control = stack.control();
        api = stack.probe(control);
        id = api.post("/v1/capsules", "{}").id();
    }

    @AfterAll
    static void stop() throws Exception {
        control.close();
        stack.close();
    }

    private static String route(String name) {
        return "/v1/capsules/" + id + "/files/" + name;
    }

    private static ApiProbe.Answer ask(String name, String body) {
        return api.post(route(name), body);
    }

    private static ApiProbe.Answer path(String name, String path) {
        return ask(name, "{\"path\":" + JsonMapper.shared().writeValueAsString(path) + "}");
    }

    private static String part(String name) {
        return "--edge\r\nContent-Disposition: form-data; name=\"" + name + "\"\r\n\r\n";
    }

    private static InputStream bytes(String text) {
        return new ByteArrayInputStream(text.getBytes(StandardCharsets.UTF_8));
    }

    private static InputStream zeros(long count) {
        return new InputStream() {
            private long left = count;

            @Override
            public int read() {
                return left-- > 0 ? 0 : -1;
            }

            @Override
            public int read(byte[] target, int offset, int length) {
                if (left <= 0) return -1;
                int n = (int) Math.min(left, length);
                java.util.Arrays.fill(target, offset, offset + n, (byte) 0);
                left -= n;
                return n;
            }
        };
    }

    private static InputStream all(InputStream... parts) {
        return new SequenceInputStream(Collections.enumeration(List.of(parts)));
    }

    /// A form with the path first.
    private static BodyPublisher form(String path, InputStream content) {
        return BodyPublishers.ofInputStream(() ->
                all(
                        bytes(part("path") + path + "\r\n" + part("file")),
                        content,
                        bytes("\r\n--edge--\r\n")));
    }

    private static BodyPublisher form(String path, String content) {
        return form(path, bytes(content));
    }

    private static <T> HttpResponse<T> send(
            String name, String type, BodyPublisher body, HttpResponse.BodyHandler<T> handler)
            throws Exception {
        var request =
                HttpRequest.newBuilder(
                                URI.create("http://127.0.0.1:" + control.port() + route(name)))
                        .timeout(Duration.ofSeconds(120))
                        .header("X-API-Key", stack.key)
                        .header("Content-Type", type)
                        .POST(body);
        return ApiProbe.HTTP.send(request.build(), handler);
    }

    private static HttpResponse<String> upload(String name, BodyPublisher body) throws Exception {
        var response = send(name, FORM, body, BodyHandlers.ofString());
        var json =
                response.body().isEmpty()
                        ? JsonMapper.shared().createObjectNode()
                        : JsonMapper.shared().readTree(response.body());
        ContractCheck.check("POST", route(name), response.statusCode(), json);
        return response;
    }

    private static String code(HttpResponse<String> response) {
        return JsonMapper.shared().readTree(response.body()).at("/error/code").asString();
    }

    private static HttpResponse<byte[]> download(String name, String path) throws Exception {
        var body = BodyPublishers.ofString("{\"path\":\"" + path + "\"}");
        return send(name, "application/json", body, BodyHandlers.ofByteArray());
    }

    @Test
    void whatIsWrittenIsRead() throws Exception {
        for (var name : List.of("write", "stream/write")) {
            assertThat(upload(name, form("/a", "content")).statusCode()).isEqualTo(204);
            for (var reading : List.of("read", "stream/read")) {
                var read = download(reading, "/a");
                assertThat(read.statusCode()).isEqualTo(200);
                assertThat(read.body()).asString().isEqualTo("content");
                assertThat(read.headers().firstValue("Content-Length")).hasValue("7");
                assertThat(read.headers().firstValue("Content-Type"))
                        .hasValue("application/octet-stream");
            }
        }
        assertThat(upload("write", form("/empty", "")).statusCode()).isEqualTo(204);
        assertThat(download("read", "/empty").body()).isEmpty();
    }

    @Test
    void theOrderOfThePartsDoesNotMatter() throws Exception {
        for (var name : List.of("write", "stream/write")) {
            var body =
                    BodyPublishers.ofInputStream(() ->
                            all(
                                    bytes(part("other") + "x\r\n" + part("file")),
                                    zeros(3 * MIB),
                                    bytes("\r\n" + part("path") + "/late\r\n--edge--\r\n")));
            assertThat(upload(name, body).statusCode()).isEqualTo(204);
            assertThat(stack.agent.files().size("/late")).isEqualTo(3 * MIB);
            assertThat(FakeFiles.isZero(stack.agent.files().content("/late"))).isTrue();
        }
    }

    @Test
    void aFormThatIsNotAsItShouldBeIs400AndWritesNothing() throws Exception {
        var end = "\r\n--edge--\r\n";
        for (var body :
                List.of(
                        "",
                        "nonsense",
                        part("path") + "/bad" + end,
                        part("file") + "x" + end,
                        part("path") + "\r\n" + part("file") + "x" + end, // an empty path
                        part("path") + "/bad\0\r\n" + part("file") + "x" + end,
                        part("path") + "/bad\r\n" + part("path") + "/bad\r\n" + part("file") + end,
                        part("path")
                                + "/bad\r\n"
                                + part("file")
                                + "x\r\n"
                                + part("file")
                                + "y"
                                + end,
                        part("path") + "/bad\r\n" + part("file") + "never ends",
                        part("path") + "x".repeat(20_000) + "\r\n" + part("file") + "x" + end)) {
            for (var name : List.of("write", "stream/write")) {
                var answer = upload(name, BodyPublishers.ofString(body));
                assertThat(answer.statusCode()).as(body).isEqualTo(400);
                assertThat(code(answer)).isEqualTo("invalid_request");
            }
        }
        assertThat(
                        send(
                                        "write",
                                        "text/plain",
                                        BodyPublishers.ofString("x"),
                                        BodyHandlers.ofString())
                                .statusCode())
                .isEqualTo(400);
        assertThat(stack.agent.files().content("/bad")).isNull();
    }

    @Test
    void wholeFilesEndAt100Mib() throws Exception {
        assertThat(upload("write", form("/99", zeros(99L * MIB))).statusCode()).isEqualTo(204);
        assertThat(stack.agent.files().size("/99")).isEqualTo(99L * MIB);
        var large = upload("write", form("/101", zeros(101L * MIB)));
        assertThat(large.statusCode()).isEqualTo(413);
        assertThat(code(large)).isEqualTo("too_large");
        assertThat(stack.agent.files().content("/101")).isNull();
        assertThat(upload("stream/write", form("/101", zeros(101L * MIB))).statusCode())
                .isEqualTo(204);

        assertThat(download("read", "/zeros/" + 99 * MIB).body()).hasSize(99 * MIB);
        var refused = download("read", "/zeros/" + 101 * MIB);
        assertThat(refused.statusCode()).isEqualTo(413);
        assertThat(new String(refused.body(), StandardCharsets.UTF_8)).contains("too_large");
    }

    @Test
    void refusalsAreSeenWhileTheBodyIsUnderWay() throws Exception {
        for (var size : List.of(10L, 20L * MIB)) {
            var full = upload("stream/write", form("/full" + size, zeros(20L * MIB)));
            assertThat(full.statusCode()).isEqualTo(507);
            assertThat(code(full)).isEqualTo("insufficient_storage");
            assertThat(stack.agent.files().content("/full" + size)).isNull();
            var secret = upload("write", form("/secret", zeros(size)));
            assertThat(secret.statusCode()).isEqualTo(403);
            assertThat(code(secret)).isEqualTo("forbidden");
            assertThat(upload("write", form("/folder", zeros(size))).statusCode()).isEqualTo(400);
            assertThat(upload("write", form("/gone", zeros(size))).statusCode()).isEqualTo(502);
        }
    }

    @Test
    void refusedReadsHaveTheirCodes() {
        for (var name : List.of("read", "stream/read", "archive/read")) {
            assertThat(path(name, "/missing").code()).isEqualTo("not_found");
            assertThat(path(name, "/missing").status()).isEqualTo(404);
            assertThat(path(name, "/secret").status()).isEqualTo(403);
            assertThat(path(name, "/gone").code()).isEqualTo("agent_error");
            assertThat(path(name, "").status()).isEqualTo(400);
            assertThat(path(name, "/a\0b").status()).isEqualTo(400);
            assertThat(path(name, "ü".repeat(2049)).status()).isEqualTo(400);
            assertThat(ask(name, "{}").status()).isEqualTo(400);
            assertThat(ask(name, "").status()).isEqualTo(400);
        }
        assertThat(path("read", "/folder").code()).isEqualTo("invalid_request");
        assertThat(path("read", "/" + "ü".repeat(2047)).status()).isEqualTo(404);
    }

    @Test
    void aDownloadThatBreaksOffIsNotTakenForAWholeOne() {
        for (var name : List.of("read", "stream/read", "archive/read"))
            assertThatThrownBy(() -> download(name, "/broken")).isInstanceOf(IOException.class);
        assertThat(path("stat", "/folder").status()).isEqualTo(200); // and all goes on
    }

    @Test
    void aClientThatLeavesLeavesNothing() throws Exception {
        for (var chunked : List.of(true, false)) {
            try (var socket = new Socket("127.0.0.1", control.port())) {
                var out = socket.getOutputStream();
                var head =
                        "POST "
                                + route("stream/write")
                                + " HTTP/1.1\r\nHost: x\r\nX-API-Key: "
                                + stack.key
                                + "\r\nContent-Type: "
                                + FORM
                                + "\r\n";
                var body = part("path") + "/half\r\n" + part("file") + "x".repeat(100_000);
                var framing =
                        chunked
                                ? "Transfer-Encoding: chunked\r\n\r\n"
                                        + Integer.toHexString(body.length())
                                        + "\r\n"
                                : "Content-Length: 1000000\r\n\r\n";
                out.write((head + framing + body).getBytes(StandardCharsets.UTF_8));
                out.flush();
                Stack.await(SOON, () -> stack.agent.files().under() == 1);
            }
            Stack.await(SOON, () -> stack.agent.files().under() == 0);
            assertThat(stack.agent.files().content("/half")).isNull();
        }
    }

    @Test
    void foldersAreMadeListedRenamedAndRemoved() throws Exception {
        assertThat(path("mkdir", "/d").body().at("/entry/type").asString()).isEqualTo("directory");
        var again = path("mkdir", "/d");
        assertThat(again.status()).isEqualTo(409);
        assertThat(again.code()).isEqualTo("conflict");
        assertThat(path("list", "/d").text()).isEqualTo("{\"entries\":[]}");
        upload("write", form("/d/ä ö", "12"));
        upload("write", form("/d/b-link", ""));
        upload("write", form("/d/x/y", ""));
        assertThat(path("mkdir", "/d/ä ö").code()).isEqualTo("invalid_request");

        var entries = path("list", "/d").body().path("entries");
        assertThat(entries.size()).isEqualTo(2);
        var link = entries.get(0);
        assertThat(link.path("type").asString()).isEqualTo("symlink");
        assertThat(link.path("symlink_target").asString()).isEqualTo("/nowhere");
        assertThat(entries.get(1)).isEqualTo(entry("ä ö", "/d/ä ö", 2));
        assertThat(ask("list", "{\"path\":\"/d\",\"depth\":0}").body().path("entries").size())
                .isEqualTo(2);
        assertThat(ask("list", "{\"path\":\"/d\",\"depth\":2}").body().path("entries").size())
                .isEqualTo(3);
        for (var depth : List.of("-1", "99999", "\"1\"", "1.5"))
            assertThat(ask("list", "{\"path\":\"/d\",\"depth\":" + depth + "}").status())
                    .isEqualTo(400);
        assertThat(path("list", "/missing").code()).isEqualTo("not_found");
        assertThat(path("list", "/d/x/y").code()).isEqualTo("invalid_request");

        assertThat(path("stat", "/d/ä ö").body().path("entry"))
                .isEqualTo(entry("ä ö", "/d/ä ö", 2));
        var rename = "{\"source\":\"/d/ä ö\",\"destination\":\"/d/c\"}";
        assertThat(ask("rename", rename).body().at("/entry/path").asString()).isEqualTo("/d/c");
        assertThat(ask("rename", rename).code()).isEqualTo("conflict"); // it exists now
        assertThat(path("remove", "/d/c").status()).isEqualTo(204);
        assertThat(path("remove", "/d/c").code()).isEqualTo("not_found");
        assertThat(ask("rename", rename).code()).isEqualTo("not_found");
        assertThat(ask("rename", "{\"source\":\"/d\"}").status()).isEqualTo(400);
    }

    private static JsonNode entry(String name, String path, int size) {
        return JsonMapper.shared()
                .createObjectNode()
                .put("name", name)
                .put("path", path)
                .put("type", "file")
                .put("size", size)
                .put("mode", 420)
                .put("permissions", "-rw-r--r--")
                .put("owner", "root")
                .put("group", "root")
                .put("modified_at", 1767225600);
    }

    @Test
    void archivesPassThrough() throws Exception {
        var answer =
                send(
                        "archive/write?path=/folder",
                        "application/x-tar",
                        BodyPublishers.ofInputStream(() -> zeros(2 * MIB)),
                        BodyHandlers.ofString());
        assertThat(answer.statusCode()).isEqualTo(200);
        assertThat(JsonMapper.shared().readTree(answer.body()).path("bytes").asInt())
                .isEqualTo(2 * MIB);
        var back = download("archive/read", "/folder");
        assertThat(back.body()).hasSize(2 * MIB);
        assertThat(back.headers().firstValue("Content-Type")).hasValue("application/x-tar");
        var nowhere =
                send(
                        "archive/write",
                        "application/x-tar",
                        BodyPublishers.ofString("x"),
                        BodyHandlers.ofString());
        assertThat(nowhere.statusCode()).isEqualTo(400);
    }

    @Test
    void onlyARunningCapsuleOfTheTeamHasFiles() throws Exception {
        var gone = api.post("/v1/capsules", "{}").id();
        api.delete("/v1/capsules/" + gone);
        for (var name :
                List.of("read", "stream/read", "archive/read", "list", "stat", "mkdir", "remove")) {
            var base = "/v1/capsules/";
            var body = "{\"path\":\"/a\"}";
            assertThat(api.post(base + gone + "/files/" + name, body).code())
                    .isEqualTo("invalid_state");
            assertThat(api.post(base + "x/files/" + name, body).status()).isEqualTo(400);
            assertThat(api.post(base + CapsuleId.random() + "/files/" + name, body).status())
                    .isEqualTo(404);
            assertThat(api.as("").post(route(name), body).status()).isEqualTo(401);
        }
        var paused = api.post("/v1/capsules", "{}").id();
        api.post("/v1/capsules/" + paused + "/pause", "");
        var before = id;
        id = paused;
        try {
            for (var name : List.of("write", "stream/write")) {
                var answer = upload(name, form("/p", zeros(20L * MIB)));
                assertThat(answer.statusCode()).isEqualTo(409);
                assertThat(code(answer)).isEqualTo("invalid_state");
            }
        } finally {
            id = before;
        }
        var other = new ApiProbe(control.port(), stack.otherTeam());
        assertThat(other.post(route("list"), "{\"path\":\"/folder\"}").status()).isEqualTo(404);
    }
}
