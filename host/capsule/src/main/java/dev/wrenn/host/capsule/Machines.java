package dev.wrenn.host.capsule;

import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.TreeSet;

/// Whether a guest saved on one machine can go on on another.
final class Machines {
    private static final String TSC = "tsc_khz";
    private static final double TSC_TOLERANCE = 500e-6; // the error of measuring it, and some

    private Machines() {}

    /// @return what keeps the guest from going on, in words; empty when nothing does
    static Optional<String> difference(Map<String, String> saved, Map<String, String> here) {
        var names = new TreeSet<>(saved.keySet());
        names.addAll(here.keySet());
        for (var name : names) {
            var then = saved.getOrDefault(name, "none");
            var now = here.getOrDefault(name, "none");
            if (then.equals(now) || name.equals(TSC) && close(then, now)) continue;
            return Optional.of("saved with " + name + " " + then + ", this host has " + now);
        }
        return Optional.empty();
    }

    /// What must be equal to the letter, as one text.
    static String fixed(Map<String, String> machine) {
        var fixed = new TreeMap<>(machine);
        fixed.remove(TSC);
        return fixed.toString();
    }

    private static boolean close(String then, String now) {
        try {
            double one = Double.parseDouble(then);
            return Math.abs(one - Double.parseDouble(now)) <= one * TSC_TOLERANCE;
        } catch (NumberFormatException e) {
            return false;
        }
    }
}
