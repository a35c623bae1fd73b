package dev.wrenn.host.agent;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class WordsTest {
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "disk full: 3 MiB free in /var/lib/wrenn, needed 5 | disk full: 3 MiB free in (path), needed 5",
                "connect 10.11.0.1:49983 failed | connect (address) failed",
                "program \"no-such\" not found | program \"no-such\" not found",
                "exit 1/2 and/or QEMU 7.2.22 | exit 1/2 and/or QEMU 7.2.22",
                "killed by signal 9 | killed by signal 9",
            })
    void noPathsAndNoAddresses(String raw, String clean) {
        assertThat(Words.clean(raw)).isEqualTo(clean);
    }
}
