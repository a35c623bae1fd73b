package dev.wrenn.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.List;
import org.junit.jupiter.api.Test;

class FitTest {
    @Test
    void pointsOnALineFitWholly() {
        assertThat(fit(0, 5, 8, 9, 32, 21)).isCloseTo(1, within(1e-12));
    }

    @Test
    void unrelatedPointsDoNot() {
        assertThat(fit(0, 1, 1, 0, 2, 0, 3, 1)).isCloseTo(0, within(1e-12));
        assertThat(fit(1, 2, 2, 3, 3, 5)).isCloseTo(27.0 / 28, within(1e-12));
    }

    @Test
    void oneLevelHasNoLine() {
        assertThatThrownBy(() -> fit(1, 2, 1, 3)).hasMessageContaining("alike");
    }

    private static double fit(double... numbers) {
        var points = new java.util.ArrayList<Fit.Point>();
        for (int i = 0; i < numbers.length; i += 2)
            points.add(new Fit.Point(numbers[i], numbers[i + 1]));
        return Fit.rSquared(List.copyOf(points));
    }
}
