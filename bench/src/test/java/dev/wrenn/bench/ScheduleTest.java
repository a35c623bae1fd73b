package dev.wrenn.bench;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

/// A clock that is moved by hand, in milliseconds: a request each, one of lead, three that count.
class ScheduleTest {
    private long now = 1_000_000_000;
    private final Schedule schedule = new Schedule(1000, 1, 3, () -> now);

    private void later(double millis) {
        now += (long) (millis * 1e6);
    }

    @Test
    void eachCountsFromWhenItWasDue() {
        schedule.begin();
        assertThat(schedule.left()).isZero();
        assertThat(schedule.next()).isZero();
        assertThat(schedule.left()).isEqualTo(1_000_000);
        later(1.5);
        schedule.next();
        schedule.answered(0);
        schedule.answered(1);
        later(3.5);
        assertThat(schedule.left()).isEqualTo(-3_000_000);
        schedule.next();
        schedule.next();
        assertThat(schedule.left()).as("no more").isEqualTo(Long.MAX_VALUE);
        schedule.answered(3);
        assertThat(schedule.goesOn()).isTrue();
        schedule.answered(2);
        assertThat(schedule.goesOn()).isFalse();
        assertThat(schedule.took()).containsExactly(0.5, 3, 2);
        assertThat(schedule.stopped()).isZero();
    }

    @Test
    void whileItIsStoppedNobodyAsksAndAnswersAreAwaited() {
        schedule.begin();
        schedule.next();
        later(1);
        schedule.waited(1_000_000);
        schedule.next();
        later(11);
        schedule.answered(1);
        schedule.waited(1_000_000);
        assertThat(schedule.stopped()).isEqualTo(10);
        assertThat(schedule.left()).as("due when it goes on").isZero();
        schedule.next();
        later(2);
        schedule.answered(2);
        assertThat(schedule.took()).startsWith(11, 2);
    }

    @Test
    void waitingForAnswersIsNoStop() {
        schedule.begin();
        schedule.next();
        later(500);
        schedule.waited(Long.MAX_VALUE);
        later(1.9);
        schedule.waited(0);
        assertThat(schedule.stopped()).isZero();
        assertThat(schedule.left()).isEqualTo(-500_900_000);
    }
}
