package dev.wrenn.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class SamplesTest {
    @Test
    void medianOfAnOddNumberIsTheMiddleOne() {
        assertThat(samples(9, 1, 5).median()).isEqualTo(5);
    }

    @Test
    void medianOfAnEvenNumberIsTheMeanOfTheTwoMiddleOnes() {
        assertThat(samples(4, 1, 3, 100).median()).isEqualTo(3.5);
    }

    @Test
    void p99IsTheValueThatNinetyNineOfAHundredDoNotExceed() {
        var hundred = new Samples(IntStream.rangeClosed(1, 100).asDoubleStream().toArray());
        assertThat(hundred.p99()).isEqualTo(99);
        assertThat(hundred.quantile(1)).isEqualTo(100);
        assertThat(hundred.quantile(0.001)).isEqualTo(1);
        assertThat(samples(7, 8).p99()).isEqualTo(8);
    }

    @Test
    void theGivenArrayIsNotTouched() {
        double[] given = {3, 1, 2};
        assertThat(new Samples(given).max()).isEqualTo(3);
        assertThat(given).containsExactly(3, 1, 2);
    }

    @Test
    void noSamplesHaveNoStatistics() {
        assertThatThrownBy(SamplesTest::samples).hasMessageContaining("at least 1");
        assertThatThrownBy(() -> samples(1).quantile(0)).hasMessageContaining("above 0");
        assertThatThrownBy(() -> samples(1).quantile(1.5)).hasMessageContaining("at most 1");
    }

    private static Samples samples(double... values) {
        return new Samples(values);
    }
}
