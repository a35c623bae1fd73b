package dev.wrenn.bench;

import java.util.List;
import java.util.Locale;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/// What a benchmark found, as a table for people and as one JSON object for programs.
record Report(String bench, int runs, List<Measure> results) {
    Report {
        results = List.copyOf(results);
    }

    /// False when a promised bound was missed.
    boolean holds() {
        return results.stream().noneMatch(Measure::broken);
    }

    /// `{bench, runs, results:[{metric, value, unit, floor?, ratio?, bound?, holds?}]}`.
    String json() {
        var mapper = JsonMapper.shared();
        var report = mapper.createObjectNode().put("bench", bench).put("runs", runs);
        var list = report.putArray("results");
        for (var m : results) {
            var node = list.addObject().put("metric", m.metric());
            put(node, "value", m.value());
            node.put("unit", m.unit());
            if (m.floor() != null) put(node, "floor", m.floor());
            if (m.ratio() != null) put(node, "ratio", m.ratio());
            if (m.bound() != null) put(node, "bound", m.bound());
            if (m.holds() != null) node.put("holds", m.holds());
        }
        return mapper.writeValueAsString(report);
    }

    private static void put(ObjectNode node, String name, double value) {
        double rounded = rounded(value);
        if (rounded == Math.rint(rounded)) node.put(name, (long) rounded);
        else node.put(name, rounded);
    }

    /// A microsecond is finer than any clock jitter here.
    private static double rounded(double value) {
        return Math.round(value * 1000) / 1000.0;
    }

    String table() {
        var text = new StringBuilder();
        row(text, bench, "value", "floor", "ratio", "bound", "");
        for (var m : results) {
            row(
                    text,
                    m.metric(),
                    number(m.value()) + " " + m.unit(),
                    m.floor() == null ? "" : number(m.floor()),
                    m.ratio() == null ? "" : number(m.ratio()),
                    m.bound() == null ? "" : number(m.bound()),
                    m.holds() == null ? "" : m.holds() ? "holds" : "BROKEN");
        }
        return text.append(runs).append(" runs\n").toString();
    }

    private static void row(StringBuilder text, String metric, Object... columns) {
        text.append(String.format(Locale.ROOT, "%-26s%14s%12s%9s%9s  %s", metric(metric, columns)))
                .append('\n');
    }

    private static Object[] metric(String metric, Object[] columns) {
        var all = new Object[columns.length + 1];
        all[0] = metric;
        System.arraycopy(columns, 0, all, 1, columns.length);
        return all;
    }

    private static String number(double value) {
        double rounded = rounded(value);
        if (rounded == Math.rint(rounded)) return Long.toString((long) rounded);
        return String.format(Locale.ROOT, Math.abs(value) < 10 ? "%.3f" : "%.1f", value);
    }
}
