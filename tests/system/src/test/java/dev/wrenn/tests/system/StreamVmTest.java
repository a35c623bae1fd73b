package dev.wrenn.tests.system;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.extension.ExtendWith;
import tools.jackson.databind.json.JsonMapper;

/// Commands that are followed live over a WebSocket (spec 05), in one capsule.
@ExtendWith(Shared.class)
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class StreamVmTest {
    private static final long QUIET_SECONDS = Long.getLong("wrenn.test.quiet", 5);
    private static final long VOLUME = 200L << 20;
    private static final int BLOCK = 64 << 10;

    private static final Duration SOON = Duration.ofSeconds(15);

    private final Api api;
    private String id = "";

    StreamVmTest(Installation wrenn) {
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
    void startThenOutputThenExitThenClose() {
        try (var stream = api.stream(id).start("/bin/sh", "-c", "echo a; echo b >&2; exit 4")) {
            assertThat(stream.next("start").path("pid").asInt()).isPositive();
            var messages = stream.until("exit");
            assertThat(Stream.data(messages, "stdout")).isEqualTo("a\n");
            assertThat(Stream.data(messages, "stderr")).isEqualTo("b\n");
            assertThat(messages.getLast().path("exit_code").asInt(-1)).isEqualTo(4);
            assertThat(stream.closed()).isEqualTo(1000);
        }
    }

    @Test
    void zeroIsSaidToo() {
        try (var stream = api.stream(id).start("true")) {
            var exit = stream.until("exit").getLast();
            assertThat(exit.has("exit_code")).isTrue();
            assertThat(exit.path("exit_code").asInt(-1)).isZero();
        }
    }

    @Test
    void nothingIsLostAndCharactersAreWhole() {
        var line = "äöü€😀";
        var script = "i=0; while [ $i -lt 2000 ]; do printf '" + line + "'; i=$((i+1)); done";
        try (var stream = api.stream(id).start("/bin/sh", "-c", script)) {
            assertThat(Stream.data(stream.until("exit"), "stdout")).isEqualTo(line.repeat(2000));
        }
    }

    @Test
    void invalidBytesBecomeTheReplacementCharacter() {
        try (var stream = api.stream(id).start("/bin/sh", "-c", "printf 'a\\377b'")) {
            assertThat(Stream.data(stream.until("exit"), "stdout")).isEqualTo("a\uFFFDb");
        }
    }

    /// A reader that does not read: the command comes to a stand instead of filling memory.
    @Test
    void aSlowReaderSlowsTheCommand() {
        var script =
                "while :; do head -c 1048576 /dev/zero | tr '\\0' x; echo . >>/tmp/written; done";
        try (var stream = api.stream(id).start("/bin/sh", "-c", script)) {
            stream.next("start");
            Eventually.within(SOON, () -> assertThat(written()).isPositive());
            var stood =
                    Eventually.settled(
                            Duration.ofSeconds(60), Duration.ofSeconds(3), this::written);
            assertThat(stood).as("MiB in flight").isLessThan(64);
            // It goes on as soon as somebody reads.
            for (int i = 0; i < 400; i++) stream.next("stdout");
            Eventually.within(SOON, () -> assertThat(written()).isGreaterThan(stood));
        }
        gone("head -c 1048576"); // hanging up ended it
    }

    /// Numbered blocks, so that a block that is missing, doubled or out of place is seen. The
    /// reader takes one message at a time, and none at first until the command stands still.
    @Test
    void aSlowReaderLosesNothing() {
        var script =
                """
                import sys
                for i in range(int(sys.argv[1])):
                    sys.stdout.write("%08d" % i + "x" * 65527 + "\\n")
                    sys.stdout.flush()
                    open("/tmp/blocks", "w").write(str(i))
                """;
        long blocks = VOLUME / BLOCK;
        try (var stream = api.stream(id).start("python3", "-c", script, Long.toString(blocks))) {
            stream.next("start");
            Eventually.settled(Duration.ofSeconds(60), Duration.ofSeconds(2), this::blocks);
            long length = 0;
            var message = stream.next();
            for (; message.path("type").asString().equals("stdout"); message = stream.next()) {
                var data = message.path("data").asString();
                checkNumbers(data, length);
                length += data.length();
            }
            assertThat(message.path("type").asString()).isEqualTo("exit");
            assertThat(length).isEqualTo(blocks * BLOCK);
        }
    }

    /// The digits that a piece of the output has of its blocks' numbers.
    private static void checkNumbers(String piece, long from) {
        for (long block = from / BLOCK; block * BLOCK < from + piece.length(); block++) {
            var number = "%08d".formatted(block);
            for (int digit = 0; digit < 8; digit++) {
                long at = block * BLOCK + digit - from;
                if (at < 0 || at >= piece.length()) continue;
                if (piece.charAt((int) at) != number.charAt(digit))
                    throw new AssertionError("not block " + block + " at " + (from + at));
            }
        }
    }

    private int blocks() {
        return Integer.parseInt(
                api.output(id, "cat /tmp/blocks 2>/dev/null || echo 0")
                        .strip()
                        .replaceAll("^$", "0"));
    }

    /// Longer than any idle limit on the way, when asked for: `-Dwrenn.test.quiet=600`.
    @Test
    void aQuietCommandIsWaitedFor() {
        try (var stream =
                api.stream(id).start("/bin/sh", "-c", "sleep " + QUIET_SECONDS + "; echo over")) {
            stream.next("start");
            var rest = stream.until("exit", Duration.ofSeconds(QUIET_SECONDS + 60));
            assertThat(Stream.data(rest, "stdout")).isEqualTo("over\n");
        }
    }

    @Test
    void stopEndsTheCommand() {
        try (var stream = api.stream(id).start("sleep", "4712")) {
            stream.next("start");
            stream.send(JsonMapper.shared().createObjectNode().put("type", "stop"));
            var exit = stream.until("exit").getLast();
            assertThat(exit.path("exit_code").asInt(-1)).isNotZero();
        }
        gone("sleep 4712");
    }

    @Test
    void whoIgnoresStopIsKilled() {
        var script = "trap '' TERM; echo ready; while :; do sleep 4713; done";
        try (var stream = api.stream(id).start("/bin/sh", "-c", script)) {
            stream.next("start");
            stream.next("stdout");
            stream.send(JsonMapper.shared().createObjectNode().put("type", "stop"));
            stream.until("exit");
        }
        gone("sleep 4713");
    }

    @Test
    void hangingUpEndsTheCommand() {
        try (var stream = api.stream(id).start("sleep", "4714")) {
            stream.next("start");
        }
        gone("sleep 4714");
    }

    @Test
    void failuresComeAsOneErrorMessage() {
        try (var stream = api.stream(id)) {
            stream.send(JsonMapper.shared().createObjectNode().put("type", "hello"));
            assertThat(stream.next("error").path("data").asString()).isNotEmpty();
        }
        try (var stream = api.stream("cl-0000000000000000000000001")) {
            stream.start("true");
            assertThat(stream.next("error").path("data").asString()).isEqualTo("sandbox not found");
        }
        var ended = api.create();
        api.destroy(ended);
        try (var stream = api.stream(ended)) {
            stream.start("true");
            assertThat(stream.next("error").path("data").asString())
                    .contains("not running", "stopped");
        }
    }

    private long written() {
        return Long.parseLong(api.output(id, "sync; cat /tmp/written 2>/dev/null | wc -l").strip());
    }

    /// Waits until no process of the guest has this command line. The brackets keep the search from
    /// finding itself.
    private void gone(String command) {
        var pattern = command.replaceFirst("(.)$", "[$1]");
        Eventually.within(
                SOON,
                () ->
                        assertThat(api.output(id, "pgrep -c -f '" + pattern + "' || true"))
                                .isEqualTo("0\n"));
    }
}
