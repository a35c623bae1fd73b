package dev.wrenn.common.runtime;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.AppenderBase;
import java.time.Duration;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.slf4j.LoggerFactory;

class SlowStopTest {
    private final Logger logger = (Logger) LoggerFactory.getLogger(SlowStop.class);
    private final BlockingQueue<ILoggingEvent> said = new LinkedBlockingQueue<>();
    private final AppenderBase<ILoggingEvent> appender =
            new AppenderBase<>() {
                @Override
                protected void append(ILoggingEvent event) {
                    said.add(event);
                }
            };

    @BeforeEach
    void listen() {
        appender.start();
        logger.addAppender(appender);
        logger.setAdditive(false);
    }

    @AfterEach
    void listenNoMore() {
        logger.detachAppender(appender);
        logger.setAdditive(true);
    }

    @Test
    void saysWhereThisThreadHangs() throws Exception {
        try (var _ = SlowStop.watch(Duration.ofMillis(1))) {
            var own = Thread.currentThread().getName();
            while (true) {
                var event = said.poll(20, TimeUnit.SECONDS);
                assertThat(event).as("an entry about %s", own).isNotNull();
                var pairs = event.getKeyValuePairs().toString();
                if (pairs.contains(own)) {
                    assertThat(pairs).contains("saysWhereThisThreadHangs");
                    return;
                }
            }
        }
    }

    @Test
    void saysNoMoreOnceItIsClosed() throws Exception {
        var held = new CountDownLatch(1);
        var parked = Thread.ofPlatform().daemon().start(() -> awaitQuietly(held));
        var watch = SlowStop.watch(Duration.ofMillis(1));
        assertThat(said.poll(20, TimeUnit.SECONDS)).as("the first entry").isNotNull();
        watch.close();
        var atClose = said.size();
        awaitWatchers();
        assertThat(said).hasSize(atClose);
        held.countDown();
        parked.join();
    }

    @Test
    void saysNothingAboutAQuickStop() throws Exception {
        var watch = SlowStop.watch(Duration.ofDays(1));
        watch.close();
        awaitWatchers();
        assertThat(said).isEmpty();
    }

    private static void awaitWatchers() throws InterruptedException {
        for (var thread : Thread.getAllStackTraces().keySet())
            if (thread.getName().equals("slow-stop")) thread.join();
    }

    private static void awaitQuietly(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
