package dev.wrenn.tests.system;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.Socket;
import java.net.http.HttpHeaders;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/// The life of a capsule over the wire: shapes, statuses and refusals (spec 04 and 17).
@ExtendWith(Shared.class)
class CapsuleVmTest {
    private static final String CAPSULES = "/v1/capsules";
    // Well formed, and nobody's.
    private static final String NOBODY = "cl-0000000000000000000000001";

    private final Installation wrenn;
    private final Api api;

    CapsuleVmTest(Installation wrenn) {
        this.wrenn = wrenn;
        this.api = wrenn.api();
    }

    @Test
    void aCapsuleIsWhatTheSpecSays() {
        var before = Instant.now().minusSeconds(5);
        var id = api.create();
        try {
            var json = api.get(CAPSULES + "/" + id).expect(200).json();
            assertThat(json.path("id").asString()).isEqualTo(id);
            assertThat(json.path("status").asString()).isEqualTo("running");
            assertThat(json.path("template").asString()).isEqualTo("minimal");
            assertThat(json.path("vcpus").asInt()).isEqualTo(1);
            assertThat(json.path("memory_mb").asInt()).isEqualTo(512);
            assertThat(json.path("timeout_sec").asInt(-1)).isZero();
            assertThat(json.path("guest_ip").asString()).isEqualTo("169.254.0.21");
            assertThat(json.path("host_ip").asString()).startsWith("10.11.");
            for (var time : new String[] {"created_at", "started_at", "last_updated"}) {
                var text = json.path(time).asString();
                assertThat(text).as(time).endsWith("Z");
                assertThat(Instant.parse(text)).as(time).isAfter(before);
            }
            assertThat(json.path("metadata").path("kernel_version").asString()).isNotEmpty();
            assertThat(json.path("metadata").path("envd_version").asString()).isNotEmpty();
            assertThat(api.list()).contains(id);
        } finally {
            api.destroy(id);
        }
    }

    @Test
    void sizesAreHonouredInsideTheGuest() {
        var id = api.create("{\"vcpus\":2,\"memory_mb\":384}");
        try {
            assertThat(api.output(id, "nproc")).isEqualTo("2\n");
            var kib = api.output(id, "awk '/MemTotal/ {print $2}' /proc/meminfo").strip();
            assertThat(Integer.parseInt(kib) / 1024).isBetween(320, 384);
            var root = api.output(id, "stat -f -c '%b %S' /").strip().split(" ");
            long bytes = Long.parseLong(root[0]) * Long.parseLong(root[1]);
            assertThat(bytes >> 20).isBetween(4700L, 5120L);
        } finally {
            api.destroy(id);
        }
    }

    /// What wakes the processor of an idle guest costs the host, times its capsules.
    @Test
    void anIdleGuestIsNotWokenForHousekeeping() {
        var id = api.create();
        try {
            var script = "cd /proc/sys && cat vm/compaction_proactiveness vm/stat_interval";
            assertThat(api.output(id, script)).isEqualTo("0\n60\n");
        } finally {
            api.destroy(id);
        }
    }

    @Test
    void newestComesFirstAndDestroyedOnesAreNotListed() {
        var first = api.create();
        var second = api.create();
        assertThat(api.list()).containsSubsequence(second, first);
        api.destroy(first);
        api.destroy(second);
        assertThat(api.list()).doesNotContain(first, second);
        assertThat(api.status(first)).isEqualTo("stopped");
        api.delete(CAPSULES + "/" + first).expect(204); // again
    }

    @ParameterizedTest
    @CsvSource({"/v1/capsules/", "/v1/sandboxes/", "/api/v1/capsules/", "/api/v1/sandboxes/"})
    void theAliasesAnswerTheSame(String path) {
        var id = api.create();
        try {
            assertThat(api.get(path + id).expect(200).text("id")).isEqualTo(id);
            api.get(path).expect(200);
            api.post(path + id + "/ping", "").expect(204);
        } finally {
            api.delete(path + id).expect(204);
        }
    }

    @Test
    void anUnknownTemplateIsNotFound() {
        api.post(CAPSULES, "{\"template\":\"no-such-template\"}").error(404, "not_found");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "x",
                "cl-",
                "cl-!!!",
                "cl-000000000000000000000000",
                "cl-00000000000000000000000000",
                "cl-zzzzzzzzzzzzzzzzzzzzzzzzz" // 2^128 and more
            })
    void aMalformedIdIsAnInvalidRequest(String id) {
        var path = CAPSULES + "/" + id;
        api.get(path).error(400, "invalid_request");
        api.delete(path).error(400, "invalid_request");
        api.post(path + "/exec", "{\"cmd\":\"true\"}").error(400, "invalid_request");
    }

    @Test
    void anUnknownCapsuleIsNotFound() {
        api.get(CAPSULES + "/" + NOBODY).error(404, "not_found");
        api.delete(CAPSULES + "/" + NOBODY).error(404, "not_found");
        api.post(CAPSULES + "/" + NOBODY + "/exec", "{\"cmd\":\"true\"}").error(404, "not_found");
        api.post(CAPSULES + "/" + NOBODY + "/ping", "").error(404, "not_found");
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "wrn_0123456789abcdef0123456789abcdef", "nonsense"})
    void withoutAKeyNobodyIsLetIn(String key) {
        api.sendAs(key, "GET", CAPSULES, "").error(401, "unauthorized");
        api.sendAs(key, "POST", CAPSULES, "{}").error(401, "unauthorized");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{",
                "[]",
                "{\"vcpus\":\"many\"}",
                "{\"vcpus\":100000}",
                "{\"memory_mb\":100000000}"
            })
    void aBadBodyCreatesNothing(String body) {
        var before = api.list();
        var reply = api.post(CAPSULES, body);
        assertThat(reply.status()).as("%s", reply.json()).isIn(400, 403);
        assertThat(reply.text("error", "code")).isIn("invalid_request", "forbidden");
        assertThat(api.list()).isEqualTo(before);
    }

    @Test
    void aHugeBodyIsRefused() {
        var body = "{\"template\":\"" + "x".repeat(2 << 20) + "\"}";
        api.post(CAPSULES, body).error(413, "too_large");
    }

    @Test
    void whatIsNotThereHasTheEnvelopeToo() {
        api.get("/v1/nothing").error(404, "not_found");
        assertThat(api.send("PATCH", CAPSULES, "{}").status()).isEqualTo(405);
    }

    @Test
    void everyAnswerHasARequestIdAndIsNotStored() {
        HttpHeaders headers = api.get(CAPSULES).expect(200).response().headers();
        assertThat(headers.firstValue("X-Request-Id")).isPresent();
        assertThat(headers.firstValue("Cache-Control")).contains("no-store");
    }

    @Test
    void execInACapsuleThatIsGoneIsAConflict() {
        var id = api.create();
        api.destroy(id);
        var reply = api.exec(id, Api.command("true")).error(409, "invalid_state");
        assertThat(reply.text("error", "message")).contains("stopped");
        api.post(CAPSULES + "/" + id + "/ping", "").error(409, "invalid_state");
    }

    /// Four clients hang up at different moments of a create. Each leaves a running capsule or
    /// none.
    @Test
    void hangingUpDuringCreateLeavesARunningCapsuleOrNothing() throws IOException {
        var before = api.list();
        for (int waitMs : List.of(0, 20, 200, 700)) {
            try (var socket = new Socket(api.base().getHost(), api.base().getPort())) {
                var request =
                        "POST /v1/capsules HTTP/1.1\r\nHost: x\r\nX-API-Key: "
                                + api.key()
                                + "\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}";
                socket.getOutputStream().write(request.getBytes(StandardCharsets.US_ASCII));
                socket.setSoTimeout(Math.max(1, waitMs));
                try {
                    assertThat(socket.getInputStream().read()).isPositive();
                } catch (java.net.SocketTimeoutException e) {
                    // Still at work: now the client goes.
                }
                socket.setSoLinger(true, 0); // a reset, not a polite end
            }
        }
        var left =
                Eventually.within(
                        Api.BOOT,
                        () -> {
                            var ids = new ArrayList<>(api.list());
                            ids.removeAll(before);
                            for (var id : ids) assertThat(api.status(id)).isEqualTo("running");
                            return ids;
                        });
        assertThat(left).as("the patient ones got their capsule").isNotEmpty();
        for (var id : left) {
            assertThat(api.output(id, "echo here")).isEqualTo("here\n");
            api.destroy(id);
        }
        assertThat(api.list()).isEqualTo(before);
        Eventually.within(
                Duration.ofSeconds(20),
                () -> assertThat(wrenn.footprint().capsules()).hasSize(before.size()));
    }
}
