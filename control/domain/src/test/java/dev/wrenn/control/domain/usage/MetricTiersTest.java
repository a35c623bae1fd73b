package dev.wrenn.control.domain.usage;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Instant;
import java.util.List;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

class MetricTiersTest {
    private static List<MetricPoint> at(long... seconds) {
        return LongStream.of(seconds)
                .mapToObj(s -> new MetricPoint(Instant.ofEpochSecond(s), s, s, s))
                .toList();
    }

    private static MetricTiers all(long... seconds) {
        return new MetricTiers(at(seconds), at(seconds), at(seconds));
    }

    @Test
    void theFinestTierThatCoversARange() {
        var tiers = new MetricTiers(at(1), at(2), at(3));
        for (var range : MetricRange.values()) {
            long expected =
                    range.span().toMinutes() <= 10 ? 1 : range.span().toHours() <= 2 ? 2 : 3;
            assertThat(tiers.tier(range)).as(range.wire()).isEqualTo(at(expected));
            assertThat(MetricRange.parse(range.wire())).contains(range);
        }
        assertThat(MetricRange.parse("3m")).isEmpty();
    }

    @Test
    void newerPointsReplaceOlderOnesOfTheSameTime() {
        assertThat(MetricTiers.after(at(1, 2, 3), at(3, 4))).isEqualTo(at(1, 2, 3, 4));
        assertThat(MetricTiers.after(at(1, 2), at())).isEqualTo(at(1, 2));
        assertThat(MetricTiers.after(at(), at(7))).isEqualTo(at(7));
    }

    @Test
    void eachTierGoesBackAsFarAsItsRange() {
        long day = 24 * 3600;
        var both =
                all(2 * day).after(all(day - 1, day, 2 * day - 7200, 2 * day - 601, 2 * day - 600));
        assertThat(both.tenMinutes()).isEqualTo(at(2 * day - 600, 2 * day));
        assertThat(both.twoHours())
                .isEqualTo(at(2 * day - 7200, 2 * day - 601, 2 * day - 600, 2 * day));
        assertThat(both.day()).hasSize(5).doesNotContainAnyElementsOf(at(day - 1));
        assertThat(MetricTiers.NOTHING.after(all(5)).newest()).contains(Instant.ofEpochSecond(5));
        assertThat(MetricTiers.NOTHING.after(MetricTiers.NOTHING)).isEqualTo(MetricTiers.NOTHING);
    }
}
