package dev.wrenn.bench;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class SqlFloorTest {
    @Test
    void timesAreReadAsPsqlWritesThem() {
        assertThat(SqlFloor.milliseconds("Time: 0.512 ms")).isEqualTo(0.512);
        assertThat(SqlFloor.milliseconds("Time: 61234.500 ms (01:01.235)")).isEqualTo(61234.5);
    }
}
