package dev.wrenn.common.connect;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import dev.wrenn.contracts.peer.v1.UnaryResponse;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class CodecTest {
    private static final UnaryResponse PROTOTYPE = UnaryResponse.getDefaultInstance();

    @ParameterizedTest
    @EnumSource(Codec.class)
    void whatIsWrittenIsRead(Codec codec) {
        var message =
                UnaryResponse.newBuilder()
                        .setText("\u2603")
                        .setPadding(ByteString.copyFrom(new byte[100_000]))
                        .setRemainingMs(Long.MAX_VALUE)
                        .build();
        var bytes = codec.encode(message, Envelope.HEAD);
        var data = Arrays.copyOfRange(bytes, Envelope.HEAD, bytes.length);
        assertThat(codec.decode(data, PROTOTYPE, Code.INTERNAL)).isEqualTo(message);
        assertThat(codec.encode(message, 0)).isEqualTo(data);
    }

    @Test
    void unknownJsonFieldsAreIgnored() {
        var message =
                Codec.JSON.decode(
                        "{\"text\":\"a\",\"new\":[1]}".getBytes(UTF_8), PROTOTYPE, Code.INTERNAL);
        assertThat(message.getText()).isEqualTo("a");
    }

    @ParameterizedTest
    @EnumSource(Codec.class)
    void randomBytesAreAMessageOrAConnectException(Codec codec) {
        long seed = new Random().nextLong();
        var random = new Random(seed);
        for (int round = 0; round < 20_000; round++) {
            var bytes = new byte[random.nextInt(40)];
            random.nextBytes(bytes);
            try {
                codec.decode(bytes, PROTOTYPE, Code.INVALID_ARGUMENT);
            } catch (ConnectException e) {
                assertThat(e.code()).as("seed %d", seed).isEqualTo(Code.INVALID_ARGUMENT);
            }
        }
    }

    @Test
    void deepJsonIsRefused() {
        var deep = ("{\"a\":" + "[".repeat(100_000)).getBytes(UTF_8);
        assertThatThrownBy(() -> Codec.JSON.decode(deep, PROTOTYPE, Code.INVALID_ARGUMENT))
                .isInstanceOf(ConnectException.class);
    }
}
