package dev.wrenn.control.domain.channels;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class PlainTest {
    @Test
    void nothingOfANameIsMarkupOrAMention() {
        var hostile =
                "@everyone <!channel> [a](https://evil.example) *b* `c`\n\u202e#d ~e~ |f| &amp;";
        var plain = Plain.of(hostile);
        assertThat(plain).doesNotContainPattern("[@<>`*_~|\\[\\]#&/\\\\\n\u202e]");
        assertThat(plain).startsWith("＠everyone");
        assertThat(Plain.of("Ada Löwe 7.1-x")).isEqualTo("Ada Löwe 7.1-x");
        assertThat(Plain.of("x".repeat(1000))).hasSize(200);
    }
}
