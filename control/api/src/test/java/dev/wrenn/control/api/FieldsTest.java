package dev.wrenn.control.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.wrenn.control.domain.hosts.HostFault;
import java.nio.charset.StandardCharsets;
import java.util.Random;
import org.junit.jupiter.api.Test;

class FieldsTest {
    private static final String[] VALUES = {
        "null",
        "true",
        "1",
        "-1",
        "1.5",
        "1e400",
        "99999999999999999999",
        "\"x\"",
        "\"\"",
        "[]",
        "[1]",
        "[\"a\"]",
        "{}",
        "{\"a\":\"b\"}",
        "{\"a\":1}",
        "\"\\u0000\""
    };

    @Test
    void textThatCannotBeStoredIsRefused() {
        for (var bad : new String[] {"a\\u0000b", "\\ud800", "\\udc00x"})
            assertThatThrownBy(() -> Fields.of(Json.parse("{\"x\":\"" + bad + "\"}")).text("x"))
                    .isInstanceOf(ApiException.class);
        assertThat(Fields.of(Json.parse("{\"x\":\"\\ud83d\\ude80\"}")).text("x"))
                .hasValue("\ud83d\ude80");
    }

    /// Whatever a client sends, it is read or refused with 400 and words, never broken.
    @Test
    void anyBodyIsReadOrRefused() {
        long seed = System.nanoTime();
        var random = new Random(seed);
        var names = new String[] {"cmd", "args", "envs", "cwd", "timeout_sec", "background", "x"};
        for (int round = 0; round < 3_000; round++) {
            var body = new StringBuilder("{");
            for (var name : names)
                if (random.nextBoolean())
                    body.append(body.length() > 1 ? "," : "")
                            .append('"')
                            .append(name)
                            .append("\":")
                            .append(VALUES[random.nextInt(VALUES.length)]);
            var bytes = body.append('}').toString().getBytes(StandardCharsets.UTF_8);
            if (random.nextInt(4) == 0) bytes[random.nextInt(bytes.length)] ^= 0x15;
            try {
                var command = CommandFields.waiting(Fields.of(Json.parse(bytes)));
                assertThat(command.program()).isNotEmpty();
                assertThat(command.limit()).isPositive();
            } catch (ApiException e) {
                assertThat(e.error().status()).as("seed %d: %s", seed, body).isEqualTo(400);
                assertThat(e.error().message()).isNotEmpty();
            }
        }
    }

    @Test
    void nullCountsAsAbsent() {
        var fields = Fields.of(Json.parse("{\"a\":null}"));
        assertThat(fields.integer("a", 7)).isEqualTo(7);
        assertThat(fields.text("a")).isEmpty();
        assertThat(fields.texts("a")).isEmpty();
        assertThat(fields.map("a")).isEmpty();
        assertThat(fields.flag("a")).isFalse();
    }

    @Test
    void anythingButOneObjectIsRefused() {
        for (var body : new String[] {"", "[]", "1", "{} 1", "{\"a\":1,\"a\":2}", "{a:1}", "\"x"})
            assertThatThrownBy(() -> Fields.of(Json.parse(body)))
                    .as(body)
                    .isInstanceOf(ApiException.class);
    }

    @Test
    void everyFaultHasACodeAndWords() {
        for (var fault : HostFault.values()) {
            var error = ErrorTable.of(fault, "words");
            assertThat(error.status()).isBetween(400, 507);
            assertThat(error.code()).matches("[a-z_]+");
            assertThat(error.message()).isNotEmpty();
        }
    }

    @Test
    void requestIds() {
        assertThat(RequestId.of("abc-1")).isEqualTo("abc-1");
        for (var bad : new String[] {null, "", "a b", "a\nb", "é", "x".repeat(65)})
            assertThat(RequestId.of(bad)).startsWith("req-").hasSize(20);
    }
}
