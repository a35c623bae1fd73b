package dev.wrenn.tests.system;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.extension.ExtendWith;
import tools.jackson.databind.node.ObjectNode;

/// Commands in the background (spec 05), in one capsule.
@ExtendWith(Shared.class)
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class ProcessesVmTest {
    private static final Duration SOON = Duration.ofSeconds(15);

    private final Api api;
    private String id = "";

    ProcessesVmTest(Installation wrenn) {
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

    private static ObjectNode background(String tag, String script) {
        return Api.command("/bin/sh", "-c", script).put("background", true).put("tag", tag);
    }

    @Test
    void itIsListedFollowedAndKilledWithItsGroup() {
        var script = "echo first; echo wrong >&2; sleep 4801 & read x </tmp/go; echo last; wait";
        api.output(id, "mkfifo /tmp/go");
        var started = api.exec(id, background("job", script)).expect(202);
        int pid = started.json().path("pid").asInt();
        assertThat(started.text("tag")).isEqualTo("job");
        api.exec(id, background("job", "true")).error(409, "conflict");
        assertThat(list()).contains("\"pid\":" + pid + ",\"tag\":\"job\",\"cmd\":\"/bin/sh\"");

        try (var one = follow("job");
                var two = follow(String.valueOf(pid))) {
            assertThat(one.next("start").path("pid").asInt()).isEqualTo(pid);
            // Who comes late sees what was, then what comes.
            assertThat(one.next("stdout").path("data").asString()).isEqualTo("first\n");
            assertThat(one.next("stderr").path("data").asString()).isEqualTo("wrong\n");
            two.next("start");
            two.next("stdout");
            two.close();
            api.output(id, "echo >/tmp/go");
            assertThat(one.next("stdout").path("data").asString()).isEqualTo("last\n");
            api.delete(path("job")).expect(204);
            assertThat(one.next("exit").path("exit_code").asInt()).isEqualTo(128 + 9);
            assertThat(one.closed()).isEqualTo(1000);
        }
        Eventually.within(
                SOON,
                () ->
                        assertThat(api.output(id, "pgrep -c -f '^sleep 480[1]' || true"))
                                .isEqualTo("0\n"));
        assertThat(list()).doesNotContain("job");
        api.delete(path("job")).error(404, "not_found");
    }

    @Test
    void aSignalIsChosen() {
        var script = "trap 'exit 7' TERM; echo up; while :; do sleep 0.1; done";
        api.exec(id, background("soft", script)).expect(202);
        try (var follower = follow("soft")) {
            follower.next("start");
            follower.next("stdout"); // the trap is set
            api.delete(path("soft") + "?signal=SIGHUP").error(400, "invalid_request");
            api.delete(path("soft") + "?signal=SIGTERM").expect(204);
            assertThat(follower.until("exit").getLast().path("exit_code").asInt()).isEqualTo(7);
        }
    }

    @Test
    void theEndIsTellableForAWhile() {
        api.exec(id, background("short", "echo gone; exit 3")).expect(202);
        Eventually.within(SOON, () -> assertThat(list()).doesNotContain("short"));
        try (var follower = follow("short")) {
            var messages = follower.until("exit");
            assertThat(Stream.data(messages, "stdout")).isEqualTo("gone\n");
            assertThat(messages.getLast().path("exit_code").asInt()).isEqualTo(3);
        }
    }

    @Test
    void whatCannotBeStartedIsTheCallersMistake() {
        api.exec(id, Api.command("/no/such/program").put("background", true))
                .error(400, "invalid_request");
        api.exec(id, background("lost", "true").put("cwd", "/no/such/directory"))
                .error(400, "invalid_request");
        try (var follower = follow("never")) {
            assertThat(follower.next("error").path("data").asString()).contains("no such process");
        }
    }

    @Test
    void noTagIsMadeUp() {
        var started = api.exec(id, Api.command("sleep", "4802").put("background", true));
        assertThat(started.expect(202).text("tag")).matches("proc-[0-9a-f]{8}");
        api.delete(path(started.text("tag"))).expect(204);
    }

    private Stream follow(String selector) {
        return api.socket(path(selector) + "/stream");
    }

    private String path(String selector) {
        return "/v1/capsules/" + id + "/processes/" + selector;
    }

    private String list() {
        return api.get("/v1/capsules/" + id + "/processes").expect(200).json().toString();
    }
}
