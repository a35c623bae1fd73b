package dev.wrenn.tests.system;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.Base64;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.extension.ExtendWith;

/// Commands in the foreground (spec 05), in one capsule.
@ExtendWith(Shared.class)
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class ExecVmTest {
    private final Api api;
    private String id = "";

    ExecVmTest(Installation wrenn) {
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

    @Test
    void theAnswerHasEveryField() {
        var reply = api.sh(id, "echo out; echo err >&2").expect(200);
        assertThat(reply.text("sandbox_id")).isEqualTo(id);
        assertThat(reply.text("cmd")).isEqualTo("/bin/sh");
        assertThat(reply.text("stdout")).isEqualTo("out\n");
        assertThat(reply.text("stderr")).isEqualTo("err\n");
        assertThat(reply.text("encoding")).isEqualTo("utf-8");
        assertThat(reply.json().path("exit_code").asInt(-1)).isZero();
        assertThat(reply.json().path("duration_ms").asInt(-1)).isNotNegative();
    }

    @Test
    void failingIsNotAnError() {
        assertThat(exitCode("exit 3")).isEqualTo(3);
        assertThat(exitCode("kill -TERM $$")).isEqualTo(128 + 15);
    }

    @Test
    void aMissingProgramIs127() {
        var reply = api.exec(id, Api.command("/no/such/program")).expect(200);
        assertThat(reply.json().path("exit_code").asInt(-1)).isEqualTo(127);
    }

    @Test
    void variablesAndDirectoryAreHonoured() {
        var body = Api.command("/bin/sh", "-c", "pwd; echo $COLOUR").put("cwd", "/var/tmp");
        body.putObject("envs").put("COLOUR", "blue");
        assertThat(api.exec(id, body).expect(200).text("stdout")).isEqualTo("/var/tmp\nblue\n");
    }

    @Test
    void aMissingDirectoryIsTheCallersMistake() {
        var body = Api.command("true").put("cwd", "/no/such/directory");
        api.exec(id, body).error(400, "invalid_request");
    }

    @Test
    void aTimeOutKillsTheWholeGroup() {
        // The marker is an argument of the children too; the shell that looks must not find itself.
        var script = "sleep 4711 & sh -c 'sleep 4711' & wait";
        var body = Api.command("/bin/sh", "-c", script).put("timeout_sec", 1);
        long start = System.nanoTime();
        var reply = api.exec(id, body).error(504, "exec_timeout");
        assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(Duration.ofSeconds(10));
        assertThat(reply.text("error", "message")).containsIgnoringCase("time");
        Eventually.within(
                Duration.ofSeconds(10),
                () ->
                        assertThat(api.output(id, "pgrep -c -f '^sleep 471[1]' || true"))
                                .isEqualTo("0\n"));
    }

    @Test
    void anHourIsAcceptedAsTimeOut() {
        api.exec(id, Api.command("true").put("timeout_sec", 3600)).expect(200);
    }

    @Test
    void bytesThatAreNoTextComeAsBase64() {
        var reply = api.sh(id, "printf 'a\\377b'; echo err >&2").expect(200);
        assertThat(reply.text("encoding")).isEqualTo("base64");
        assertThat(Base64.getDecoder().decode(reply.text("stdout")))
                .containsExactly('a', 0xff, 'b');
        assertThat(Base64.getDecoder().decode(reply.text("stderr"))).asString().isEqualTo("err\n");
    }

    @Test
    void outputBeyondTheLimitIsCutAndSaysSo() {
        var body = Api.command("/bin/sh", "-c", "head -c 34000000 /dev/zero | tr '\\0' x");
        var reply = api.exec(id, body.put("timeout_sec", 80)).expect(200);
        assertThat(reply.json().path("truncated").asBoolean(false)).isTrue();
        assertThat(reply.text("stdout"))
                .hasSize(32 << 20)
                .matches(s -> s.chars().allMatch(c -> c == 'x'));
        assertThat(reply.json().path("exit_code").asInt(-1)).isZero();
    }

    @Test
    void badBodiesAreRefusedInWords() {
        var path = "/v1/capsules/" + id + "/exec";
        api.post(path, "").error(400, "invalid_request");
        api.post(path, "{}").error(400, "invalid_request");
        api.post(path, "{\"cmd\":\"\"}").error(400, "invalid_request");
        api.post(path, "{\"cmd\":7}").error(400, "invalid_request");
    }

    private int exitCode(String script) {
        return api.sh(id, script).expect(200).json().path("exit_code").asInt(-1);
    }
}
