package dev.wrenn.control.domain.usage;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;

class StatisticsTest {
    private static final Duration BUCKET = Duration.ofSeconds(30);

    private static Load load(long running) {
        return new Load(running, running * 2, running * 512);
    }

    private static List<Long> running(Statistics found) {
        return found.series().stream().map(point -> point.most().running()).toList();
    }

    @Test
    void whatThereIsStaysUntilItChanges() {
        var changes =
                List.of(
                        new LoadStore.Bucket(11, load(5), load(1)),
                        new LoadStore.Bucket(13, load(0), load(0)));
        var history = new LoadStore.History(Instant.ofEpochSecond(440), 10, load(2), changes);
        var found = Statistics.of(history, BUCKET, 5, load(5));
        assertThat(running(found)).containsExactly(2L, 5L, 1L, 1L, 0L);
        assertThat(found.series().getFirst().at()).isEqualTo(Instant.ofEpochSecond(300));
        assertThat(found.current()).isEqualTo(load(0));
        assertThat(found.peaks()).isEqualTo(load(5));
    }

    @Test
    void withoutChangesItIsAsBefore() {
        var history = new LoadStore.History(Instant.EPOCH, 0, load(3), List.of());
        var found = Statistics.of(history, BUCKET, 2, load(3));
        assertThat(running(found)).containsExactly(3L, 3L);
        assertThat(found.current()).isEqualTo(load(3));
    }

    @Test
    void theMostOfEachFigureIsItsOwn() {
        assertThat(new Load(1, 9, 5).most(new Load(3, 2, 5))).isEqualTo(new Load(3, 9, 5));
    }

    @Test
    void aRangeCoversItsName() {
        assertThat(StatRange.parse("30d")).contains(StatRange.MONTH);
        assertThat(StatRange.parse("2h")).isEmpty();
        for (var range : StatRange.values()) {
            var seconds = range.bucket().toSeconds() * range.count();
            var unit =
                    switch (range.wire().charAt(range.wire().length() - 1)) {
                        case 'm' -> 60;
                        case 'h' -> 3600;
                        default -> 86_400;
                    };
            var number = Integer.parseInt(range.wire().substring(0, range.wire().length() - 1));
            assertThat(seconds).isEqualTo((long) number * unit);
        }
    }
}
