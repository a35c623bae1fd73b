package dev.wrenn.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.ConcurrentLinkedDeque;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Client commands against a server that answers from a script and notes what it was asked.
class ClientContractTest {
    private static final String CAPSULE = "{\"id\":\"cl-1\",\"status\":\"%s\"}";

    @TempDir private Path data;

    private final List<String> asked = new CopyOnWriteArrayList<>();
    private final Deque<Answer> answers = new ConcurrentLinkedDeque<>();
    private final StringWriter out = new StringWriter();
    private final StringWriter err = new StringWriter();
    private HttpServer server;

    private record Answer(int status, String body) {}

    @BeforeEach
    void serve() throws IOException {
        var address = new InetSocketAddress(InetAddress.getLoopbackAddress(), 0);
        server = HttpServer.create(address, 0);
        server.createContext(
                "/",
                exchange -> {
                    var body =
                            new String(
                                    exchange.getRequestBody().readAllBytes(),
                                    StandardCharsets.UTF_8);
                    asked.add(
                            (exchange.getRequestMethod()
                                            + " "
                                            + exchange.getRequestURI()
                                            + " "
                                            + body)
                                    .strip());
                    var answer = answers.remove();
                    var bytes = answer.body.getBytes(StandardCharsets.UTF_8);
                    boolean empty = bytes.length == 0;
                    exchange.sendResponseHeaders(answer.status, empty ? -1 : bytes.length);
                    if (!empty) exchange.getResponseBody().write(bytes);
                    exchange.close();
                });
        server.start();
        Files.writeString(
                data.resolve("credentials.json"),
                "{\"api_url\":\"http://127.0.0.1:%d\",\"api_key\":\"wrn_1\"}"
                        .formatted(server.getAddress().getPort()));
    }

    @AfterEach
    void stop() {
        server.stop(0);
    }

    private int run(String... arguments) {
        var all = new String[arguments.length + 2];
        System.arraycopy(arguments, 0, all, 0, arguments.length);
        all[arguments.length] = "--data-dir";
        all[arguments.length + 1] = data.toString();
        return Main.commandLine()
                .setOut(new PrintWriter(out, true))
                .setErr(new PrintWriter(err, true))
                .execute(all);
    }

    private void answer(int status, String body) {
        answers.add(new Answer(status, body));
    }

    @Test
    void aPauseIsOneCall() {
        answer(200, CAPSULE.formatted("paused"));
        assertThat(run("capsule", "pause", "cl-1")).isZero();
        assertThat(asked).containsExactly("POST /v1/capsules/cl-1/pause");
        assertThat(out.toString()).isEmpty();
    }

    @Test
    void aResumeWaitsUntilItRuns() {
        answer(200, CAPSULE.formatted("starting"));
        answer(200, CAPSULE.formatted("starting"));
        answer(200, CAPSULE.formatted("running"));
        assertThat(run("capsule", "resume", "cl-1", "--json")).isZero();
        assertThat(asked)
                .containsExactly(
                        "POST /v1/capsules/cl-1/resume",
                        "GET /v1/capsules/cl-1",
                        "GET /v1/capsules/cl-1");
        assertThat(out.toString().strip()).isEqualTo(CAPSULE.formatted("running"));
    }

    @Test
    void aResumeThatFellBackSaysSo() {
        answer(200, CAPSULE.formatted("starting"));
        answer(200, CAPSULE.formatted("paused"));
        assertThat(run("capsule", "resume", "cl-1")).isEqualTo(1);
        assertThat(err.toString()).contains("cl-1 is paused");
    }

    @Test
    void aRefusalIsOneSentence() {
        answer(409, "{\"error\":{\"code\":\"invalid_state\",\"message\":\"not running\"}}");
        assertThat(run("capsule", "pause", "cl-1")).isEqualTo(1);
        assertThat(err.toString()).contains("invalid_state: not running");
    }

    @Test
    void aSnapshotPrintsItsName() {
        answer(201, "{\"name\":\"web\",\"type\":\"snapshot\"}");
        var exit = run("snapshot", "create", "cl-1", "--name", "web", "--overwrite");
        assertThat(exit).isZero();
        assertThat(asked)
                .containsExactly(
                        "POST /v1/snapshots?overwrite=true"
                                + " {\"sandbox_id\":\"cl-1\",\"name\":\"web\"}");
        assertThat(out.toString().strip()).isEqualTo("web");
    }

    @Test
    void templatesAreListedAndDeleted() {
        answer(200, "[{\"name\":\"web\",\"type\":\"snapshot\"}]");
        assertThat(run("snapshot", "list", "--type", "snapshot")).isZero();
        assertThat(out.toString()).contains("NAME").contains("web");
        answer(204, "");
        answer(204, "");
        assertThat(run("snapshot", "delete", "a", "b/c")).isZero();
        assertThat(asked)
                .containsExactly(
                        "GET /v1/snapshots?type=snapshot",
                        "DELETE /v1/snapshots/a",
                        "DELETE /v1/snapshots/b%2Fc");
    }

    @Test
    void aSessionIsKeptForItsOwnerAndForgottenAtTheEnd() throws IOException {
        Files.writeString(
                data.resolve("credentials.json"),
                "{\"api_url\":\"http://127.0.0.1:%d\",\"email\":\"a@b\",\"password\":\"p\"}"
                        .formatted(server.getAddress().getPort()));
        answer(200, "{\"token\":\"t1\",\"email\":\"a@b\",\"team_id\":\"team-1\"}");
        assertThat(run("login")).isZero();
        assertThat(out.toString()).contains("a@b").doesNotContain("t1");
        var file = data.resolve("session.json");
        assertThat(
                        java.nio.file.attribute.PosixFilePermissions.toString(
                                Files.getPosixFilePermissions(file)))
                .isEqualTo("rw-------");
        answer(201, "{\"key\":\"wrn_2\"}");
        assertThat(run("key", "create", "--scope", "read-only")).isZero();
        assertThat(out.toString()).contains("wrn_2");
        answer(200, "{\"team_id\":\"team-1\"}");
        answer(204, "");
        assertThat(run("team", "role", "usr-1", "admin")).isZero();
        answer(200, "{\"token\":\"t2\"}");
        assertThat(run("team", "switch", "team-2")).isZero();
        assertThat(Files.readString(file)).contains("t2");
        answer(401, "{\"error\":{\"code\":\"unauthorized\",\"message\":\"ended\"}}");
        assertThat(run("logout")).isEqualTo(1);
        assertThat(file).doesNotExist();
        assertThat(asked)
                .containsExactly(
                        "POST /v1/auth/login {\"email\":\"a@b\",\"password\":\"p\"}",
                        "POST /v1/api-keys {\"scope\":\"read-only\"}",
                        "GET /v1/me",
                        "PATCH /v1/teams/team-1/members/usr-1 {\"role\":\"admin\"}",
                        "POST /v1/auth/switch-team {\"team_id\":\"team-2\"}",
                        "POST /v1/auth/logout");
    }

    @Test
    void theTrailIsPrintedOldestFirst() throws IOException {
        Files.writeString(
                data.resolve("session.json"),
                "{\"api_url\":\"http://127.0.0.1:%d\",\"token\":\"t\"}"
                        .formatted(server.getAddress().getPort()));
        answer(
                200,
                """
                {"items":[{"id":"log-2","action":"destroy","actor_name":"Ada"},
                          {"id":"log-1","action":"create","metadata":{"template":"minimal"}}]}
                """);
        assertThat(run("audit", "--limit", "2", "--type", "sandbox")).isZero();
        assertThat(asked).containsExactly("GET /v1/audit-logs?limit=2&resource_type=sandbox");
        assertThat(out.toString().lines().toList())
                .satisfiesExactly(
                        first -> assertThat(first).endsWith("create {\"template\":\"minimal\"}"),
                        second -> assertThat(second).contains("Ada").endsWith("destroy"));
    }

    @Test
    void whoIsNotSignedInIsTold() {
        assertThat(run("whoami")).isEqualTo(1);
        assertThat(err.toString()).contains("./wrenn login");
        assertThat(asked).isEmpty();
    }
}
