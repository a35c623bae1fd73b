package dev.wrenn.host.agent;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class TagsTest {
    @Test
    void aNameIsAKindAndEightDigits() {
        assertThat(new Tags(() -> 0xbeef).next("pty")).isEqualTo("pty-0000beef");
        assertThat(new Tags(() -> -1).next("proc")).isEqualTo("proc-ffffffff");
    }
}
