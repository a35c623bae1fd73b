package dev.wrenn.common.testing;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import org.junit.jupiter.api.Test;

class FakeClockTest {
    @Test
    void movesOnlyByHandAndInEveryZone() {
        var clock = new FakeClock(Instant.EPOCH);
        var elsewhere = clock.withZone(ZoneId.of("Asia/Tokyo"));
        assertThat(clock.instant()).isEqualTo(Instant.EPOCH);
        clock.advance(Duration.ofSeconds(5));
        assertThat(elsewhere.instant()).isEqualTo(Instant.ofEpochSecond(5));
        assertThat(elsewhere.getZone().getId()).isEqualTo("Asia/Tokyo");
        clock.set(Instant.EPOCH);
        assertThat(clock.millis()).isZero();
    }
}
