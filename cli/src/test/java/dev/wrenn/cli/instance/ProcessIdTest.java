package dev.wrenn.cli.instance;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class ProcessIdTest {
    private static String stat(String name, char state) {
        return "42 ("
                + name
                + ") "
                + state
                + " 1 42 42 0 -1 4194560 1 2 3 4 5 6 7 8 20 0 1 0 98765 1 2\n";
    }

    @Test
    void startTimeIsTheTwentySecondField() {
        assertThat(ProcessId.parse(42, stat("sleep", 'S'))).hasValue(new ProcessId(42, 98765));
    }

    @Test
    void aNameMayHoldBlanksAndParentheses() {
        assertThat(ProcessId.parse(42, stat("a) S 1 (b", 'R'))).hasValue(new ProcessId(42, 98765));
    }

    @Test
    void aZombieIsGone() {
        assertThat(ProcessId.parse(42, stat("sleep", 'Z'))).isEmpty();
    }

    @Test
    void anotherStartTimeIsAnotherProcess() {
        long self = ProcessHandle.current().pid();
        var me = ProcessId.of(self).orElseThrow();
        assertThat(me.isAlive()).isTrue();
        assertThat(new ProcessId(self, me.start() + 1).isAlive()).isFalse();
    }

    @Test
    void whatIsNotThatProcessIsNeverSignalled() {
        long self = ProcessHandle.current().pid();
        var other = new ProcessId(self, 1);
        assertThat(other.end(java.time.Duration.ZERO)).isTrue(); // gone, and this test lives on
    }
}
