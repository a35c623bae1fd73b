package dev.wrenn.bench;

import java.util.List;

/// A straight line through points, by least squares.
final class Fit {
    private Fit() {}

    /// @param x where it was measured
    /// @param y what was measured there
    record Point(double x, double y) {}

    /// Share of the variance of y that the line explains, 0..1.
    static double rSquared(List<Point> points) {
        double meanX = points.stream().mapToDouble(Point::x).average().orElse(0);
        double meanY = points.stream().mapToDouble(Point::y).average().orElse(0);
        double xx = 0;
        double xy = 0;
        double yy = 0;
        for (var p : points) {
            xx += (p.x() - meanX) * (p.x() - meanX);
            xy += (p.x() - meanX) * (p.y() - meanY);
            yy += (p.y() - meanY) * (p.y() - meanY);
        }
        if (xx == 0 || yy == 0) throw new BenchException("fit: all points alike");
        return xy * xy / (xx * yy);
    }
}
