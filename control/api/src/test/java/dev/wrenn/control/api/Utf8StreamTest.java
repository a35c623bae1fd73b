package dev.wrenn.control.api;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;

class Utf8StreamTest {
    /// However the bytes are cut, the text is what decoding them in one piece gives.
    @Test
    void cutsDoNotMatter() {
        long seed = System.nanoTime();
        var random = new Random(seed);
        for (int round = 0; round < 2_000; round++) {
            var bytes = round % 2 == 0 ? text(random) : noise(random);
            var stream = new Utf8Stream();
            var got = new StringBuilder();
            for (int at = 0; at < bytes.length; ) {
                int end = Math.min(bytes.length, at + random.nextInt(5));
                got.append(stream.next(Arrays.copyOfRange(bytes, at, end)));
                at = end;
            }
            got.append(stream.end());
            assertThat(got.toString())
                    .as("seed %d round %d", seed, round)
                    .isEqualTo(new String(bytes, StandardCharsets.UTF_8));
        }
    }

    @Test
    void atMostThreeBytesAreHeldBack() {
        var bytes = "\ud83d\ude00".getBytes(StandardCharsets.UTF_8);
        var stream = new Utf8Stream();
        for (int i = 0; i < 3; i++) assertThat(stream.next(new byte[] {bytes[i]})).isEmpty();
        assertThat(stream.next(new byte[] {bytes[3]})).isEqualTo("\ud83d\ude00");
        assertThat(stream.end()).isEmpty();
    }

    private static byte[] text(Random random) {
        var text = new StringBuilder();
        for (int i = 0; i < random.nextInt(40); i++)
            text.appendCodePoint(
                    switch (random.nextInt(4)) {
                        case 0 -> 0x20 + random.nextInt(0x50);
                        case 1 -> 0x80 + random.nextInt(0x700);
                        case 2 -> 0x800 + random.nextInt(0xc000);
                        default -> 0x10000 + random.nextInt(0x10000);
                    });
        return text.toString().getBytes(StandardCharsets.UTF_8);
    }

    private static byte[] noise(Random random) {
        var bytes = new byte[random.nextInt(40)];
        random.nextBytes(bytes);
        return bytes;
    }
}
