package dev.wrenn.common.runtime;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeoutException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RuntimeTest {
    @Test
    void teardownReleasesNewestFirstAndTriesEveryStep() {
        var order = new ArrayList<String>();
        var undo = new Teardown();
        undo.onClose(() -> order.add("first"));
        undo.onClose(() -> {
            throw new IOException("second failed");
        });
        undo.onClose(() -> {
            throw new IOException("third failed");
        });
        assertThatThrownBy(undo::close)
                .isInstanceOf(Teardown.TeardownException.class)
                .hasRootCauseMessage("third failed")
                .satisfies(e -> assertThat(e.getCause().getSuppressed()).hasSize(1));
        assertThat(order).containsExactly("first");
        undo.close();
        assertThat(order).hasSize(1);
    }

    @Test
    void keptResourcesSurviveTheBlock() {
        var order = new ArrayList<String>();
        Teardown kept;
        try (var undo = new Teardown()) {
            undo.onClose(() -> order.add("released"));
            kept = undo.keep();
        }
        assertThat(order).isEmpty();
        kept.close();
        assertThat(order).containsExactly("released");
    }

    @Test
    void firstFailureInterruptsTheOthers() {
        var interrupted = new CountDownLatch(1);
        Callable<String> waits =
                () -> {
                    try {
                        new CountDownLatch(1).await();
                    } catch (InterruptedException e) {
                        interrupted.countDown();
                        throw e;
                    }
                    return "never";
                };
        Callable<String> fails =
                () -> {
                    throw new IOException("no");
                };
        assertThatThrownBy(() -> Tasks.all(Duration.ofSeconds(20), List.of(waits, fails)))
                .isInstanceOf(ExecutionException.class)
                .hasRootCauseMessage("no");
        assertThat(interrupted).satisfies(latch -> latch.await());
    }

    @Test
    void fanOutEndsAtItsDeadline() {
        Callable<String> waits =
                () -> {
                    new CountDownLatch(1).await();
                    return "never";
                };
        assertThatThrownBy(() -> Tasks.all(Duration.ofMillis(20), List.of(waits)))
                .isInstanceOf(TimeoutException.class);
    }

    @Test
    void backoffDoublesUpToItsLimit() {
        var backoff = new Backoff(Duration.ofMillis(100), Duration.ofMillis(350), new Random(1));
        assertThat(backoff.next()).isBetween(Duration.ofMillis(80), Duration.ofMillis(100));
        assertThat(backoff.next()).isBetween(Duration.ofMillis(160), Duration.ofMillis(200));
        assertThat(backoff.next()).isBetween(Duration.ofMillis(280), Duration.ofMillis(350));
        backoff.reset();
        assertThat(backoff.next()).isLessThanOrEqualTo(Duration.ofMillis(100));
    }

    @Test
    void filesAppearWholeAndPrivate(@TempDir Path directory) throws IOException {
        var target = directory.resolve("record.json");
        AtomicFiles.write(target, "one".getBytes());
        AtomicFiles.write(target, "two".getBytes());
        assertThat(target).hasContent("two");
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(target)))
                .isEqualTo("rw-------");
        try (var left = Files.list(directory)) {
            assertThat(left).containsExactly(target);
        }
        AtomicFiles.delete(target);
        AtomicFiles.delete(target);
        assertThat(target).doesNotExist();
    }

    @Test
    void aFailedWriteLeavesNothing(@TempDir Path directory) throws IOException {
        var target = directory.resolve("taken");
        Files.createDirectories(target.resolve("not-empty")); // the rename must fail
        assertThatThrownBy(() -> AtomicFiles.write(target, new byte[] {1}))
                .isInstanceOf(IOException.class);
        try (var left = Files.list(directory)) {
            assertThat(left).containsExactly(target);
        }
    }

    @Test
    void settingsNameTheVariableAndTheBounds() {
        var env = new Env(Map.of("A_PORT", "70000", "A_WAIT", "2s", "A_TYPO", "x", "B", "y"));
        assertThatThrownBy(() -> env.integer("A_PORT", 1, 1, 65535))
                .isInstanceOf(Env.ConfigException.class)
                .hasMessage("A_PORT: 70000 (expected: 1..65535)");
        assertThat(env.duration("A_WAIT", Duration.ZERO)).isEqualTo(Duration.ofSeconds(2));
        assertThat(env.duration("A_NONE", Duration.ofHours(1))).isEqualTo(Duration.ofHours(1));
        assertThatThrownBy(() -> env.duration("A_TYPO", Duration.ZERO))
                .hasMessageStartingWith("A_TYPO: x");
        assertThatThrownBy(() -> env.required("MISSING")).hasMessage("MISSING: not set");
        env.optional("A_TYPO");
        env.rejectUnknown("A_");
        assertThatThrownBy(() -> env.rejectUnknown("B")).hasMessage("unknown settings: B");
    }

    @Test
    void secretsDoNotPrint() {
        assertThat("key=" + new Secret("abc")).isEqualTo("key=***");
        assertThat(new Secret("abc")).isEqualTo(new Secret("abc")).isNotEqualTo(new Secret("abd"));
    }

    @Test
    void deadlinesPass() {
        assertThat(Deadline.after(Duration.ZERO).passed()).isTrue();
        assertThat(Deadline.after(Duration.ofHours(1)).left()).isPositive();
        assertThat(Deadline.never().passed()).isFalse();
    }
}
