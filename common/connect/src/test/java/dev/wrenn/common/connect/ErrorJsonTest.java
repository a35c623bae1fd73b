package dev.wrenn.common.connect;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import dev.wrenn.contracts.peer.v1.UnaryRequest;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class ErrorJsonTest {
    @ParameterizedTest
    @EnumSource(Code.class)
    void everyCodeSurvives(Code code) {
        var request = UnaryRequest.newBuilder().setText("t").setSize(7).build();
        var sent =
                new ConnectException(
                        code, "a \"message\" \u2603", List.of(ErrorDetail.of(request)), Map.of());
        var got = ErrorJson.parseError(ErrorJson.error(sent), Map.of("x", List.of("1")));
        assertThat(got).isNotNull();
        assertThat(got.code()).isEqualTo(code);
        assertThat(got).hasMessage(sent.getMessage());
        assertThat(got.details().getFirst().as(UnaryRequest.getDefaultInstance()))
                .contains(request);
        assertThat(got.metadata()).containsEntry("x", List.of("1"));
    }

    @Test
    void numbersAndStatusesAreTheProtocols() {
        assertThat(Code.CANCELED.number()).isEqualTo(1);
        assertThat(Code.UNAUTHENTICATED.number()).isEqualTo(16);
        assertThat(Code.CANCELED.http()).isEqualTo(499);
        assertThat(Code.ofHttp(404)).isEqualTo(Code.UNIMPLEMENTED);
        assertThat(Code.ofHttp(415)).isEqualTo(Code.UNKNOWN);
        assertThat(Code.ofHttp(429)).isEqualTo(Code.UNAVAILABLE);
    }

    @Test
    void readsTheShapesOfTheSpecification() {
        assertThat(parse("{\"code\":\"not_found\"}")).hasMessage("");
        var detail =
                parse("{\"code\":\"aborted\",\"details\":[{\"type\":\"a.B\",\"value\":\"CgI\"}]}");
        assertThat(detail.details())
                .containsExactly(new ErrorDetail("a.B", ByteString.copyFrom(new byte[] {10, 2})));
        assertThat(parse("{\"message\":\"no code\"}")).isNull();
        assertThat(parse("{\"code\":\"nonsense\"}")).isNull();
        assertThat(parse("[]")).isNull();
        assertThat(parse("<html>")).isNull();
        assertThat(parse("{\"code\":7,\"details\":\"x\"}")).isNull();
        assertThat(parse("{\"code\":\"aborted\",\"details\":[1,{\"value\":\"*\"}]}").details())
                .hasSize(1);
    }

    @Test
    void readsEnds() {
        var end =
                ErrorJson.parseEnd(
                        "{\"metadata\":{\"X-A\":[\"1\",\"2\",3]}}".getBytes(UTF_8), Map.of());
        assertThat(end.error()).isNull();
        assertThat(end.metadata()).containsEntry("x-a", List.of("1", "2"));
        var bad = ErrorJson.parseEnd("{\"error\":{\"code\":\"?\"}}".getBytes(UTF_8), Map.of());
        assertThat(bad.error().code()).isEqualTo(Code.UNKNOWN);
        assertThat(ErrorJson.parseEnd("".getBytes(UTF_8), Map.of())).isNull();
        assertThat(ErrorJson.parseEnd("{\"error\":5}".getBytes(UTF_8), Map.of()).error().code())
                .isEqualTo(Code.UNKNOWN);
    }

    @Test
    void randomBytesNeverThrow() {
        long seed = new Random().nextLong();
        var random = new Random(seed);
        var alphabet = "{}[]\":,codemessagdtilvu0123\\\u0000\u00ff";
        for (int round = 0; round < 20_000; round++) {
            var text = new StringBuilder("{");
            for (int i = random.nextInt(40); i > 0; i--)
                text.append(alphabet.charAt(random.nextInt(alphabet.length())));
            ErrorJson.parseError(text.toString().getBytes(UTF_8), Map.of());
            ErrorJson.parseEnd(text.toString().getBytes(UTF_8), Map.of());
        }
    }

    private static ConnectException parse(String json) {
        return ErrorJson.parseError(json.getBytes(UTF_8), Map.of());
    }
}
