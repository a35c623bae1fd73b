package dev.wrenn.bench;

import java.util.ArrayList;
import java.util.List;
import java.util.function.DoubleSupplier;

/// One of the competitors in a benchmark that counts its successes. A run that fails is said and
/// not measured.
final class Side {
    private final String what;
    private final String name;
    private final DoubleSupplier run;
    private final List<Double> times = new ArrayList<>();

    /// @param what is measured, for the progress
    /// @param run returns milliseconds
    Side(String what, String name, DoubleSupplier run) {
        this.what = what;
        this.name = name;
        this.run = run;
    }

    /// Runs both; who goes first alternates: a slow drift of the machine hits both alike.
    static void pair(Progress progress, int turn, int turns, Side a, Side b) {
        boolean odd = turn % 2 == 1;
        (odd ? a : b).run(progress, turn, turns);
        (odd ? b : a).run(progress, turn, turns);
    }

    void run(Progress progress, int turn, int turns) {
        try {
            double ms = run.getAsDouble();
            times.add(ms);
            progress.say("%s %d of %d: %s %.0f ms".formatted(what, turn, turns, name, ms));
        } catch (BenchException e) {
            progress.say("%s %d of %d: %s failed: %s".formatted(what, turn, turns, name, e));
        }
    }

    Samples samples() {
        if (times.isEmpty()) throw new BenchException(name + ": no " + what + " succeeded");
        return new Samples(times.stream().mapToDouble(Double::doubleValue).toArray());
    }
}
