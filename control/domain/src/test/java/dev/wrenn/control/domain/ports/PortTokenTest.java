package dev.wrenn.control.domain.ports;

import static org.assertj.core.api.Assertions.assertThat;

import dev.wrenn.common.model.CapsuleId;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Random;
import org.junit.jupiter.api.Test;

class PortTokenTest {
    private static final Instant NOW = Instant.ofEpochSecond(1_800_000_000);
    private static final CapsuleId ID = CapsuleId.random();
    private static final PortAddress.At AT = new PortAddress.At(3000, ID);

    private final PortToken token = new PortToken(secret("one"));

    private static byte[] secret(String text) {
        return text.repeat(16).getBytes(StandardCharsets.US_ASCII);
    }

    @Test
    void itAdmitsToItsPortUntilItEnds() {
        var text = token.sign(AT, NOW.plusSeconds(10));
        assertThat(token.admits(AT, text, NOW)).isTrue();
        assertThat(token.admits(AT, text, NOW.plusSeconds(9))).isTrue();
        assertThat(token.admits(AT, text, NOW.plusSeconds(10))).isFalse();
        assertThat(PortToken.expiry(text)).isEqualTo(NOW.plusSeconds(10));
    }

    @Test
    void itAdmitsToNothingElse() {
        var text = token.sign(AT, NOW.plusSeconds(10));
        assertThat(token.admits(new PortAddress.At(3001, ID), text, NOW)).isFalse();
        assertThat(token.admits(new PortAddress.At(3000, CapsuleId.random()), text, NOW)).isFalse();
        assertThat(new PortToken(secret("two")).admits(AT, text, NOW)).isFalse();
        var later = text.replaceFirst("^\\d+", String.valueOf(NOW.getEpochSecond() + 99));
        assertThat(token.admits(AT, later, NOW)).isFalse();
    }

    @Test
    void everyChangedSignCounts() {
        var text = token.sign(AT, NOW.plusSeconds(10));
        var random = new Random(7);
        for (int i = 0; i < text.length(); i++) {
            var changed = new StringBuilder(text);
            changed.setCharAt(i, (char) (33 + random.nextInt(90)));
            if (changed.toString().equals(text)) continue;
            assertThat(token.admits(AT, changed.toString(), NOW)).as(changed.toString()).isFalse();
            assertThat(token.admits(AT, text.substring(0, i), NOW)).isFalse();
        }
        assertThat(token.admits(AT, text + "A", NOW)).isFalse();
    }

    @Test
    void itIsNotShown() {
        assertThat(token.toString()).isEqualTo("***");
    }
}
