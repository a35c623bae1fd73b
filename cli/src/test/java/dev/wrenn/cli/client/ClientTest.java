package dev.wrenn.cli.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.wrenn.cli.CommandFailure;
import dev.wrenn.cli.DataDir;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import picocli.CommandLine;
import tools.jackson.databind.json.JsonMapper;

class ClientTest {
    private static ExecCommand exec(String... arguments) {
        return CommandLine.populateCommand(new ExecCommand(), arguments);
    }

    @Test
    void everythingAfterTheDashesIsTheCommand() {
        var start = exec("cl-1", "--", "sh", "-c", "exit 3").start();
        assertThat(start.path("cmd").asString()).isEqualTo("sh");
        assertThat(start.path("args").toString()).isEqualTo("[\"-c\",\"exit 3\"]");
        assertThat(start.path("encoding").asString()).isEqualTo("base64");
        assertThat(start.path("stdin").booleanValue()).isTrue();
        assertThat(start.has("envs")).isFalse();
        assertThat(start.has("timeout_sec")).isFalse();
    }

    @Test
    void optionsBecomeFields() {
        var start =
                exec(
                                "-n",
                                "--env",
                                "A=1",
                                "-e",
                                "B=x=y",
                                "--cwd",
                                "/tmp",
                                "--timeout",
                                "5",
                                "cl-1",
                                "--",
                                "env")
                        .start();
        assertThat(start.path("envs").toString()).isEqualTo("{\"A\":\"1\",\"B\":\"x=y\"}");
        assertThat(start.path("cwd").asString()).isEqualTo("/tmp");
        assertThat(start.path("timeout_sec").intValue()).isEqualTo(5);
        assertThat(start.path("stdin").booleanValue()).isFalse();
    }

    @Test
    void aCommandIsRequired() {
        assertThatThrownBy(() -> exec("cl-1")).isInstanceOf(CommandLine.ParameterException.class);
    }

    @Test
    void theEnvironmentIsEnough() {
        var env = Map.of("WRENN_API_URL", "http://example.org:8080/", "WRENN_API_KEY", "wrn_1");
        var credentials = Credentials.find(new DataDir(Path.of("/nowhere")), env);
        assertThat(credentials.api()).hasToString("http://example.org:8080");
        assertThat(credentials.key().reveal()).isEqualTo("wrn_1");
        assertThat(credentials.toString()).doesNotContain("wrn_1");
    }

    @Test
    void withoutAnInstanceTheSentenceSaysWhatToDo() {
        assertThatThrownBy(() -> Credentials.find(new DataDir(Path.of("/nowhere")), Map.of()))
                .isInstanceOf(CommandFailure.class)
                .hasMessageContaining("/nowhere/credentials.json")
                .hasMessageContaining("wrenn up");
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "localhost:8080", "ftp://a", "http://", "http://a b"})
    void whatIsNoAddressIsRefused(String url) {
        assertThatThrownBy(() -> Credentials.parse(url)).isInstanceOf(CommandFailure.class);
    }

    @Test
    void anErrorIsOneSentenceWithItsCode() {
        var body = "{\"error\":{\"code\":\"not_found\",\"message\":\"sandbox not found\"}}";
        assertThat(Api.refused(404, body)).hasMessage("not_found: sandbox not found");
        assertThat(Api.refused(502, "<html>")).hasMessageContaining("HTTP 502");
    }

    @Test
    void theTableHasALineForEachCapsule() {
        var capsule =
                JsonMapper.shared()
                        .readTree(
                                "{\"id\":\"cl-1\",\"status\":\"running\",\"vcpus\":1,\"memory_mb\":512}");
        assertThat(CapsuleCommand.table(List.of(capsule)).lines().toList())
                .hasSize(2)
                .last()
                .asString()
                .contains("cl-1", "running", "512");
    }

    @Test
    void aSnapshotIsNamedOnlyWhenAsked() {
        assertThat(SnapshotCommand.body("cl-1", null)).hasToString("{\"sandbox_id\":\"cl-1\"}");
        assertThat(SnapshotCommand.body("cl-1", "web").path("name").asString()).isEqualTo("web");
        assertThat(SnapshotCommand.route(false)).isEqualTo("/v1/snapshots");
        assertThat(SnapshotCommand.route(true)).isEqualTo("/v1/snapshots?overwrite=true");
        var template =
                JsonMapper.shared()
                        .readTree("{\"name\":\"web\",\"type\":\"snapshot\",\"size_bytes\":7}");
        assertThat(SnapshotCommand.table(List.of(template)).lines().toList())
                .hasSize(2)
                .last()
                .asString()
                .contains("web", "snapshot", "7");
    }

    @Test
    void anIdCannotLeaveItsPathSegment() {
        assertThat(CapsuleCommand.segment("../a b?c")).isEqualTo("..%2Fa%20b%3Fc");
    }

    @Test
    void metricsAreATableInUnitsOfPeople() {
        var answer =
                """
                {"sandbox_id":"cl-1","range":"10m","points":[
                  {"timestamp_unix":1777716900,"cpu_pct":12.54,"mem_bytes":134217728,"disk_bytes":524288}]}
                """;
        assertThat(MetricsCommand.table(JsonMapper.shared().readTree(answer)).lines())
                .containsExactly(
                        "TIME                     CPU %   MEMORY MiB     DISK MiB",
                        "2026-05-02T10:15:00Z      12.5        128.0          0.5");
        assertThat(MetricsCommand.table(JsonMapper.shared().createObjectNode()).lines()).hasSize(1);
    }
}
