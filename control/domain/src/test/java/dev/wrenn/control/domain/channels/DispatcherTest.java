package dev.wrenn.control.domain.channels;

import static org.assertj.core.api.Assertions.assertThat;

import dev.wrenn.common.model.AuditEntryId;
import dev.wrenn.common.model.ChannelId;
import dev.wrenn.common.model.TeamId;
import dev.wrenn.common.runtime.Secret;
import dev.wrenn.control.domain.audit.Actor;
import dev.wrenn.control.domain.audit.AuditEntry;
import dev.wrenn.control.domain.audit.AuditRow;
import dev.wrenn.control.domain.audit.Outbox;
import java.net.URI;
import java.time.Duration;
import java.time.Instant;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class DispatcherTest {
    private static final Seals SEALS =
            new Seals(new Secret("ab".repeat(32)), List.of(), new Random(1));
    private static final Optional<Integer> STATUS = Optional.of(500);

    private final ChannelId channel = ChannelId.random();
    private final FakeStore store = new FakeStore();
    private volatile Delivered answer = new Delivered.Done(200);
    private volatile Instant now = Instant.parse("2026-05-02T10:00:00Z");
    private Dispatcher dispatcher;

    /// A tool that is sent the delivery's id.
    private static final class FakeTool implements Provider {
        @Override
        public String wire() {
            return "fake";
        }

        @Override
        public Set<String> required() {
            return Set.of("url");
        }

        @Override
        public Optional<String> problem(Map<String, String> config) {
            return Optional.empty();
        }

        @Override
        public Request request(Map<String, String> config, Message message) {
            return new Request(
                    "POST", URI.create(config.get("url")), Map.of(), message.delivery().toString());
        }
    }

    private static final class FakeStore implements DeliveryStore {
        final ConcurrentLinkedQueue<Claimed> due = new ConcurrentLinkedQueue<>();
        final LinkedBlockingQueue<String> told = new LinkedBlockingQueue<>();

        @Override
        public synchronized List<Claimed> claim(
                Collection<ChannelId> without, int each, int limit, Duration lease) {
            var next = due.peek();
            if (next == null || without.contains(next.channel())) return List.of();
            return List.of(due.remove());
        }

        @Override
        public int releaseOfTheGone() {
            return 0;
        }

        @Override
        public void done(Collection<Taken> deliveries) {
            for (var one : deliveries) told.add("done " + one.status());
        }

        @Override
        public void later(
                Claimed delivery, String words, Optional<Integer> status, Duration after) {
            told.add("later " + words + " " + after.toSeconds());
        }

        @Override
        public void failed(Claimed delivery, String words, Optional<Integer> status) {
            told.add("failed " + words);
        }

        @Override
        public List<Line> of(TeamId team, ChannelId channel, int limit) {
            return List.of();
        }

        @Override
        public boolean again(TeamId team, ChannelId channel, UUID delivery) {
            return false;
        }

        @Override
        public void removeOlder(Duration age) {}
    }

    @BeforeEach
    void start() {
        dispatcher =
                new Dispatcher(
                        store,
                        Map.of("fake", new FakeTool()),
                        SEALS,
                        _ -> answer,
                        () -> now,
                        Dispatcher.RETRIES);
        dispatcher.start();
    }

    @AfterEach
    void stop() {
        dispatcher.close();
    }

    private DeliveryStore.Claimed delivery(ChannelId to, String provider, int attempts) {
        var entry =
                new AuditEntry(
                        TeamId.random(),
                        Actor.SYSTEM,
                        new AuditEntry.Kind("sandbox", "create"),
                        Optional.of("cl-1"),
                        AuditEntry.Visible.TEAM,
                        AuditEntry.Tone.SUCCESS,
                        Map.of());
        var row = new AuditRow(AuditEntryId.random(), now, entry);
        return new DeliveryStore.Claimed(
                UUID.randomUUID(),
                to,
                provider,
                SEALS.seal(to, Map.of("url", "https://example.org/")),
                attempts,
                new Outbox.Item(1, "capsule.created", row));
    }

    private String told(int attempts, Delivered outcome) throws InterruptedException {
        answer = outcome;
        store.due.add(delivery(channel, "fake", attempts));
        return store.told.poll(5, TimeUnit.SECONDS);
    }

    @Test
    void itIsTriedThreeTimesAndThenGivenUp() throws Exception {
        var later = new Delivered.Later("answered 500", STATUS, Optional.empty());
        assertThat(told(0, later)).isEqualTo("later answered 500 10");
        assertThat(told(1, later)).isEqualTo("later answered 500 30");
        assertThat(told(2, later)).isEqualTo("failed answered 500");
        assertThat(told(0, new Delivered.Done(204))).isEqualTo("done 204");
        assertThat(told(0, new Delivered.Never("answered 404", STATUS)))
                .isEqualTo("failed answered 404");
    }

    @Test
    void aToolThatAsksForTimeGetsItWithinBounds() throws Exception {
        assertThat(told(0, new Delivered.Later("w", STATUS, Optional.of(Duration.ofSeconds(60)))))
                .isEqualTo("later w 60");
        assertThat(told(0, new Delivered.Later("w", STATUS, Optional.of(Duration.ofSeconds(1)))))
                .isEqualTo("later w 10");
        assertThat(told(0, new Delivered.Later("w", STATUS, Optional.of(Duration.ofDays(1)))))
                .isEqualTo("later w 300");
    }

    @Test
    void aChannelThatKeepsFailingRestsWhileOthersGoOn() throws Exception {
        var later = new Delivered.Later("no answer in time", Optional.empty(), Optional.empty());
        for (int i = 0; i < 5; i++) assertThat(told(0, later)).startsWith("later");
        answer = new Delivered.Done(200);
        store.due.add(delivery(channel, "fake", 0));
        assertThat(store.told.poll(300, TimeUnit.MILLISECONDS)).as("rests").isNull();
        var waits = store.due.remove();
        store.due.add(delivery(ChannelId.random(), "fake", 0));
        assertThat(store.told.poll(5, TimeUnit.SECONDS)).isEqualTo("done 200");
        store.due.add(waits);
        now = now.plusSeconds(31);
        assertThat(store.told.poll(5, TimeUnit.SECONDS)).isEqualTo("done 200");
    }

    @Test
    void whatCannotBeOpenedOrIsOfAnUnknownToolIsGivenUp() throws Exception {
        store.due.add(delivery(channel, "carrier pigeon", 0));
        assertThat(store.told.poll(5, TimeUnit.SECONDS))
                .isEqualTo("failed provider not known here");
        var sealed = delivery(channel, "fake", 0);
        store.due.add(
                new DeliveryStore.Claimed(
                        sealed.id(),
                        ChannelId.random(),
                        "fake",
                        sealed.sealed(),
                        0,
                        sealed.item()));
        assertThat(store.told.poll(5, TimeUnit.SECONDS))
                .isEqualTo("failed configuration cannot be opened");
    }
}
