package dev.wrenn.common.connect;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;

class EnvelopeTest {
    private static final int LIMIT = 1 << 20;

    @Test
    void whatIsWrittenIsRead() throws IOException {
        long seed = new Random().nextLong();
        var random = new Random(seed);
        for (int round = 0; round < 200; round++) {
            var frame = new byte[Envelope.HEAD + random.nextInt(200_000)];
            random.nextBytes(frame);
            var data = Arrays.copyOfRange(frame, Envelope.HEAD, frame.length);
            int flags = random.nextBoolean() ? Envelope.END_STREAM : 0;
            Envelope.head(flags, frame);
            var read = Envelope.read(dripping(frame, random), LIMIT, Code.INTERNAL);
            assertThat(read).as("seed %d", seed).isNotNull();
            assertThat(read.flags()).isEqualTo(flags);
            assertThat(read.data()).isEqualTo(data);
        }
    }

    @Test
    void randomBytesEndInEnvelopesOrConnectExceptions() throws IOException {
        long seed = new Random().nextLong();
        var random = new Random(seed);
        for (int round = 0; round < 20_000; round++) {
            var bytes = new byte[random.nextInt(64)];
            random.nextBytes(bytes);
            if (bytes.length > 1 && random.nextBoolean()) bytes[0] = 0;
            if (bytes.length > 3 && random.nextBoolean()) bytes[1] = bytes[2] = bytes[3] = 0;
            var in = dripping(bytes, random);
            try {
                while (Envelope.read(in, LIMIT, Code.INVALID_ARGUMENT) != null) {}
            } catch (ConnectException e) {
                assertThat(e.code())
                        .as("seed %d", seed)
                        .isIn(Code.INTERNAL, Code.INVALID_ARGUMENT, Code.RESOURCE_EXHAUSTED);
            }
        }
    }

    @Test
    void endsCleanlyOnlyBetweenEnvelopes() throws IOException {
        assertThat(read(new byte[0])).isNull();
        assertRefused(Code.INVALID_ARGUMENT, 0, 0, 0);
        assertRefused(Code.INVALID_ARGUMENT, 0, 0, 0, 0, 3, 1, 2);
    }

    @Test
    void refusesCompressedUnknownAndTooLong() {
        assertRefused(Code.INTERNAL, 1, 0, 0, 0, 0);
        assertRefused(Code.INTERNAL, 4, 0, 0, 0, 0);
        assertRefused(Code.RESOURCE_EXHAUSTED, 0, 0, 0x10, 0, 1);
        assertRefused(Code.RESOURCE_EXHAUSTED, 0, 0xff, 0xff, 0xff, 0xff);
    }

    private static void assertRefused(Code code, int... bytes) {
        var frame = new byte[bytes.length];
        for (int i = 0; i < bytes.length; i++) frame[i] = (byte) bytes[i];
        assertThatThrownBy(() -> read(frame))
                .isInstanceOfSatisfying(
                        ConnectException.class, e -> assertThat(e.code()).isEqualTo(code));
    }

    private static Envelope read(byte[] bytes) throws IOException {
        return Envelope.read(new ByteArrayInputStream(bytes)::read, LIMIT, Code.INVALID_ARGUMENT);
    }

    /// Gives the bytes in pieces, as a network does.
    private static ByteSource dripping(byte[] bytes, Random random) {
        var in = new ByteArrayInputStream(bytes);
        return (target, offset, length) ->
                in.read(target, offset, length <= 1 ? length : 1 + random.nextInt(length));
    }
}
