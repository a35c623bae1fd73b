package dev.wrenn.control.api;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;

class InboxTest {
    private static final Duration NOW = Duration.ZERO;
    private static final Duration SOON = Duration.ofSeconds(10);

    private final Inbox inbox = new Inbox();

    private static Fields message(String type) {
        return Fields.of(Json.parse("{\"type\":\"" + type + "\"}"));
    }

    @Test
    void messagesKeepTheirOrder() throws Exception {
        inbox.put(message("a"), 1, NOW);
        inbox.put(message("b"), 1, NOW);
        assertThat(inbox.take()).isEqualTo(message("a"));
        assertThat(inbox.next(m -> Entrance.type(m).equals("x"))).isNull();
        assertThat(inbox.next(m -> Entrance.type(m).equals("b"))).isEqualTo(message("b"));
        assertThat(inbox.poll(NOW)).isNull();
    }

    @Test
    void whatIsTooMuchWaitsForRoom() throws Exception {
        assertThat(inbox.put(message("large"), 2 * Inbox.LIMIT, NOW)).isTrue(); // alone
        assertThat(inbox.put(message("next"), 1, NOW)).isFalse();
        var done = new CountDownLatch(1);
        var writer =
                Thread.ofVirtual()
                        .start(() -> {
                            try {
                                if (inbox.put(message("next"), 1, SOON)) done.countDown();
                            } catch (InterruptedException e) {
                                Thread.currentThread().interrupt();
                            }
                        });
        assertThat(inbox.take()).isEqualTo(message("large"));
        writer.join();
        assertThat(done.getCount()).isZero();
        assertThat(inbox.isFull()).isFalse();
        assertThat(inbox.take()).isEqualTo(message("next"));
    }

    @Test
    void aClosedOneGivesWhatItHasAndForgetsTheRest() throws Exception {
        inbox.put(message("a"), 1, NOW);
        inbox.close();
        assertThat(inbox.put(message("b"), 1, NOW)).isTrue();
        assertThat(inbox.take()).isEqualTo(message("a"));
        assertThat(inbox.take()).isNull();
        assertThat(inbox.poll(SOON)).isNull();
    }
}
