package dev.wrenn.host.capsule;

import static org.assertj.core.api.Assertions.assertThat;

import dev.wrenn.common.model.CapsuleId;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import org.junit.jupiter.api.Test;

class ChangeFeedTest {
    private final ChangeFeed feed = new ChangeFeed();
    private final CapsuleId id = CapsuleId.random();

    private CapsuleView view(Phase phase) {
        return new CapsuleView(
                FakeHost.request(id, 7),
                phase,
                "",
                null,
                Instant.EPOCH,
                null,
                Instant.EPOCH,
                null,
                Map.of());
    }

    @Test
    void snapshotThenChangesInOrder() throws InterruptedException {
        feed.publish(view(Phase.BOOTING));
        try (var watch = feed.watch()) {
            feed.publish(view(Phase.RUNNING));
            feed.remove(id, 7);
            feed.remove(id, 7); // was gone already: nothing to tell
            assertThat(watch.snapshot()).containsExactly(view(Phase.BOOTING));
            assertThat(watch.next(Duration.ZERO)).contains(new Change.Changed(view(Phase.RUNNING)));
            assertThat(watch.next(Duration.ZERO)).contains(new Change.Removed(id, 7));
            assertThat(watch.next(Duration.ZERO)).isEmpty();
            assertThat(watch.lost()).isFalse();
        }
    }

    @Test
    void aSlowWatcherIsCutOffAndHoldsNobodyUp() {
        try (var slow = feed.watch()) {
            for (int i = 0; i < 5_000; i++) feed.publish(view(Phase.RUNNING));
            assertThat(slow.lost()).isTrue();
        }
    }
}
