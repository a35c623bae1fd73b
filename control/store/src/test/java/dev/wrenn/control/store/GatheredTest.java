package dev.wrenn.control.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.wrenn.control.domain.StoreUnavailableException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/// Reads that are held up by the test until it lets them go on.
@Timeout(60)
class GatheredTest {
    private static final Duration NEVER = Duration.ofDays(1);

    private final BlockingQueue<Held> reads = new LinkedBlockingQueue<>();

    /// A read that has begun.
    private record Held(Set<Integer> keys, BlockingQueue<Map<Integer, String>> rows) {
        void go() {
            var all = new HashMap<Integer, String>();
            for (int key : keys) all.put(key, "row " + key);
            rows.add(all);
        }
    }

    private Map<Integer, String> read(Set<Integer> keys) {
        var held = new Held(Set.copyOf(keys), new LinkedBlockingQueue<>());
        reads.add(held);
        try {
            return held.rows.take();
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    private Held next() throws InterruptedException {
        var held = reads.poll(30, TimeUnit.SECONDS);
        assertThat(held).as("a read").isNotNull();
        return held;
    }

    @Test
    void thoseThatComeMeanwhileAreReadTogether() throws Exception {
        var gathered = new Gathered<Integer, String>(this::read, NEVER);
        try (var callers = Executors.newVirtualThreadPerTaskExecutor()) {
            var first = callers.submit(() -> gathered.get(0));
            var one = next();
            assertThat(one.keys).containsExactly(0);
            // Also of the same row: what is on its way may be older than the question.
            var others = new ArrayList<Future<Optional<String>>>();
            for (int i = 0; i < 50; i++) {
                int key = i % 25;
                others.add(callers.submit(() -> gathered.get(key)));
            }
            awaitWaiting(gathered, 50);
            assertThat(others).noneMatch(Future::isDone);
            one.go();
            assertThat(first.get()).contains("row 0");
            var two = next();
            assertThat(two.keys).hasSize(25);
            two.go();
            for (int i = 0; i < 50; i++) assertThat(others.get(i).get()).contains("row " + i % 25);
            assertThat(reads).isEmpty();
        }
    }

    /// All have asked when all virtual threads of the test wait for their answers.
    private static void awaitWaiting(Gathered<?, ?> gathered, int count) {
        while (gathered.waiting() < count) Thread.onSpinWait();
    }

    @Test
    void aReadThatIsLateHoldsNobodyUp() throws Exception {
        var gathered = new Gathered<Integer, String>(this::read, Duration.ZERO);
        try (var callers = Executors.newVirtualThreadPerTaskExecutor()) {
            var slow = callers.submit(() -> gathered.get(1));
            var one = next();
            var fast = callers.submit(() -> gathered.get(2));
            next().go();
            assertThat(fast.get()).contains("row 2");
            assertThat(slow.isDone()).isFalse();
            one.go();
            assertThat(slow.get()).contains("row 1");
        }
    }

    @Test
    void aFailureIsThatOfThoseWhoWereReadWithIt() {
        var calls = new AtomicInteger();
        var gathered =
                new Gathered<Integer, String>(keys -> {
                    if (calls.incrementAndGet() == 1)
                        throw new StoreUnavailableException(new IllegalStateException("gone"));
                    return Map.of(7, "seven");
                });
        assertThatThrownBy(() -> gathered.get(7)).isInstanceOf(StoreUnavailableException.class);
        assertThat(gathered.get(7)).contains("seven");
        assertThat(gathered.get(8)).isEmpty();
    }

    @Test
    void whoIsInterruptedTakesNobodyAlong() throws Exception {
        var gathered = new Gathered<Integer, String>(this::read, NEVER);
        try (var callers = Executors.newVirtualThreadPerTaskExecutor()) {
            var left = callers.submit(() -> gathered.get(1));
            var one = next();
            var stays = callers.submit(() -> gathered.get(2));
            awaitWaiting(gathered, 1);
            left.cancel(true);
            one.go();
            next().go();
            assertThat(stays.get()).contains("row 2");
        }
    }

    @Test
    void noneIsForgotten() throws Exception {
        var gathered =
                new Gathered<Integer, Integer>(keys -> {
                    var rows = new HashMap<Integer, Integer>();
                    for (int key : keys) rows.put(key, key);
                    return rows;
                });
        try (var callers = Executors.newVirtualThreadPerTaskExecutor()) {
            List<Future<Integer>> sums = new ArrayList<>();
            for (int c = 0; c < 64; c++)
                sums.add(
                        callers.submit(() -> {
                            int right = 0;
                            for (int i = 0; i < 500; i++)
                                if (gathered.get(i).filter(Integer.valueOf(i)::equals).isPresent())
                                    right++;
                            return right;
                        }));
            for (var sum : sums) assertThat(sum.get()).isEqualTo(500);
        }
    }
}
