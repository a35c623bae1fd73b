package dev.wrenn.control.server;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.wrenn.common.testing.PostgresFixture;
import dev.wrenn.common.testing.RedisFixture;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.security.MessageDigest;
import java.time.Duration;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.Map;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveOutputStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/// Images of containers through the real API and database, as far as a build that is asked for.
class ImportsContractTest {
    @RegisterExtension static final PostgresFixture POSTGRES = new PostgresFixture();
    @RegisterExtension static final RedisFixture REDIS = new RedisFixture();

    private static final String ROUTE = "/v1/templates/imports";

    private static Stack stack;
    private static Control control;
    private static Person ada;

    @BeforeAll
    static void start() throws Exception {
        stack = new Stack(POSTGRES, REDIS);
        control = stack.control();
        ada = Person.signUp(stack.probe(control), "Ada");
    }

    @AfterAll
    static void stop() throws Exception {
        control.close();
        stack.close();
    }

    private record Answer(int status, JsonNode body) {
        void refused(int expected, String code, String words) {
            assertThat(status).as("%s", body).isEqualTo(expected);
            assertThat(body.at("/error/code").asString("")).as("%s", body).isEqualTo(code);
            assertThat(body.at("/error/message").asString("")).contains(words);
        }
    }

    /// Sends a form, the archive first: the order is the sender's.
    private static Answer send(String config, byte[] archive) throws Exception {
        var body = new ByteArrayOutputStream();
        part(body, "archive", archive);
        part(body, "config", config.getBytes(UTF_8));
        body.writeBytes("--edge--\r\n".getBytes(UTF_8));
        var request =
                HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + control.port() + ROUTE))
                        .timeout(Duration.ofSeconds(60))
                        .header("Content-Type", "multipart/form-data; boundary=edge")
                        .POST(HttpRequest.BodyPublishers.ofByteArray(body.toByteArray()));
        ada.api().headers().forEach(request::header);
        var answer = ApiProbe.HTTP.send(request.build(), HttpResponse.BodyHandlers.ofString());
        var json = JsonMapper.shared().readTree(answer.body());
        ContractCheck.check("POST", ROUTE, answer.statusCode(), json);
        return new Answer(answer.statusCode(), json);
    }

    private static void part(ByteArrayOutputStream body, String name, byte[] content) {
        var head = "--edge\r\nContent-Disposition: form-data; name=\"" + name + "\"\r\n\r\n";
        body.writeBytes(head.getBytes(UTF_8));
        body.writeBytes(content);
        body.writeBytes("\r\n".getBytes(UTF_8));
    }

    private static byte[] tar(Map<String, byte[]> files) throws IOException {
        var bytes = new ByteArrayOutputStream();
        try (var tar = new TarArchiveOutputStream(bytes, "UTF-8")) {
            tar.setLongFileMode(TarArchiveOutputStream.LONGFILE_POSIX);
            for (var file : files.entrySet()) {
                var entry = new TarArchiveEntry(file.getKey(), true);
                entry.setSize(file.getValue().length);
                tar.putArchiveEntry(entry);
                tar.write(file.getValue());
                tar.closeArchiveEntry();
            }
        }
        return bytes.toByteArray();
    }

    private static String hex(byte[] content) throws Exception {
        return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(content));
    }

    /// What `docker save` writes.
    private static byte[] image() throws Exception {
        var layer = tar(Map.of("program", "x".getBytes(UTF_8)));
        var config =
                """
                {"os":"linux","architecture":"amd64","rootfs":{"diff_ids":["sha256:%s"]},
                 "config":{"Env":["A=it's"],"WorkingDir":"/srv","Cmd":["run","it"]}}
                """
                        .formatted(hex(layer))
                        .getBytes(UTF_8);
        var files = new LinkedHashMap<String, byte[]>();
        files.put("l/layer.tar", layer);
        files.put(hex(config) + ".json", config);
        files.put(
                "manifest.json",
                "[{\"Config\":\"%s.json\",\"RepoTags\":[\"x:1\"],\"Layers\":[\"l/layer.tar\"]}]"
                        .formatted(hex(config))
                        .getBytes(UTF_8));
        return tar(files);
    }

    @Test
    void anImageBecomesABuild() throws Exception {
        var made = send("{\"name\":\"app\",\"source\":\"app.tar\",\"memory_mb\":256}", image());
        assertThat(made.status()).as("%s", made.body()).isEqualTo(201);
        var id = made.body().path("id").asString();
        var found = ada.api().get("/v1/templates/builds/" + id);
        var image = found.body().path("image");
        assertThat(image.path("source").asString()).isEqualTo("app.tar");
        assertThat(image.path("digest").asString()).startsWith("sha256:");
        assertThat(image.path("user").asString()).isEqualTo("root");
        assertThat(image.at("/env/A").asString()).isEqualTo("it's");
        assertThat(image.path("directory").asString()).isEqualTo("/srv");
        assertThat(image.path("entrypoint").toString()).isEqualTo("[\"run\",\"it\"]");
        assertThat(found.body().path("memory_mb").asInt()).isEqualTo(256);
        assertThat(found.body().path("total_steps").asInt()).isEqualTo(1);
        ada.api().post("/v1/templates/builds/" + id + "/cancel", "");
    }

    @Test
    void whatCannotBeIsRefusedAndNothingIsKept() throws Exception {
        var before = ada.api().get("/v1/templates/builds").body().size();
        var evil = tar(Map.of("../evil", new byte[1]));
        send("{\"name\":\"a\"}", evil).refused(400, "invalid_image", "leads out");
        send("{\"name\":\"a\"}", new byte[0]).refused(400, "invalid_image", "expected a tar");
        send("{\"name\":\"a\",\"image\":\"y:1\"}", image())
                .refused(400, "invalid_image", "no image y:1 (there are: x:1)");
        send("{\"name\":\"a b\"}", image()).refused(400, "invalid_request", "name");
        send("{}", image()).refused(400, "invalid_request", "name: missing");
        send("{\"name\":\"a\",\"memory_mb\":1}", image())
                .refused(400, "invalid_request", "memory_mb");
        send("{\"name\":\"a\",\"reference\":\"redis\"}", image())
                .refused(400, "invalid_request", "reference");
        send("{\"name\":\"minimal\"}", image()).refused(403, "forbidden", "minimal");
        for (var reference : new String[] {"", "A", "a b", "a/../b"}) {
            var body = "{\"name\":\"a\",\"reference\":\"" + reference + "\"}";
            assertThat(ada.api().post(ROUTE, body).code()).isEqualTo("invalid_request");
        }
        assertThat(ada.api().get("/v1/templates/builds").body()).hasSize(before);
    }

    /// Nothing inside is asked, whoever names it: the build says so.
    @Test
    void anImageInARegistryIsFetchedByTheBuild() {
        var made = ada.api().post(ROUTE, "{\"name\":\"p\",\"reference\":\"127.0.0.1:9/a:1\"}");
        assertThat(made.status()).as(made.text()).isEqualTo(201);
        assertThat(made.body().path("total_steps").asInt()).isEqualTo(2);
        var path = "/v1/templates/builds/" + made.id();
        Stack.await(
                Duration.ofSeconds(30),
                () -> ada.api().get(path).body().path("status").asString().equals("failed"));
        var build = ada.api().get(path).body();
        assertThat(build.path("error").asString())
                .isEqualTo("step 1 failed: the registry: address not allowed");
        assertThat(build.at("/logs/0/cmd").asString()).isEqualTo("PULL 127.0.0.1:9/a:1");
        assertThat(build.at("/logs/0/ok").asBoolean(true)).isFalse();
        assertThat(build.has("sandbox_id")).isFalse();
    }
}
