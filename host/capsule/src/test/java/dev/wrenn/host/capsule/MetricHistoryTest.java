package dev.wrenn.host.capsule;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.time.Instant;
import org.junit.jupiter.api.Test;

class MetricHistoryTest {
    private static final Instant START = Instant.ofEpochSecond(1_800_000_000L); // of a bucket

    private static MetricPoint point(double second, double cpu) {
        return new MetricPoint(
                START.plusMillis(Math.round(second * 1000)), cpu, 128L << 20, 5L << 20);
    }

    @Test
    void aPointComesBackAsItWas() {
        var history = new MetricHistory();
        var most = new MetricPoint(START, 100, (1L << 40) + 4096, (1L << 40) + 512);
        history.add(most);
        history.add(point(1, 33.333));
        assertThat(history.tiers().tenMinutes())
                .containsExactly(
                        most, new MetricPoint(START.plusSeconds(1), 33.33, 128 << 20, 5 << 20));
    }

    @Test
    void eachTierGoesAsFarBackAsItShouldAndNoFurther() {
        var history = new MetricHistory();
        int seconds = 25 * 3600;
        for (int i = 0; i < 2 * seconds; i++) history.add(point(i / 2.0, 10));
        var tiers = history.tiers();
        assertThat(tiers.tenMinutes()).hasSize(1200);
        assertThat(tiers.tenMinutes().getFirst().at()).isEqualTo(START.plusSeconds(seconds - 600));
        // The bucket that is not over yet comes behind the full ones.
        assertThat(tiers.twoHours()).hasSize(241);
        assertThat(tiers.day()).hasSize(289);
        for (var tier : java.util.List.of(tiers.tenMinutes(), tiers.twoHours(), tiers.day()))
            assertThat(tier).isSortedAccordingTo(java.util.Comparator.comparing(MetricPoint::at));
    }

    @Test
    void coarserTiersAreAveragesOfTheirTime() {
        var history = new MetricHistory();
        for (int i = 0; i < 60; i++) history.add(point(i, i < 30 ? 20 : 80));
        history.add(point(60, 50));
        var half = history.tiers().twoHours();
        assertThat(half).extracting(MetricPoint::cpuPercent).containsExactly(20.0, 80.0, 50.0);
        assertThat(half.getFirst().at()).isEqualTo(START.plusSeconds(29));
        var five = history.tiers().day();
        assertThat(five).hasSize(1);
        assertThat(five.getFirst().cpuPercent()).isCloseTo(50, within(0.01));
    }

    @Test
    void aClockThatIsSetBackDoesNotMixTheOrder() {
        var history = new MetricHistory();
        history.add(point(100, 1));
        history.add(point(50, 2));
        history.add(point(101, 3));
        assertThat(history.tiers().tenMinutes())
                .extracting(MetricPoint::cpuPercent)
                .containsExactly(1.0, 3.0);
    }
}
