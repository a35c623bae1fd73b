package dev.wrenn.host.agent;

import java.util.regex.Pattern;

/// Texts for the control plane: no paths, no addresses, one line, not long.
final class Words {
    private static final Pattern PATH = Pattern.compile("(?<![\\w/])/(?:[\\w.+@~-]+/)+[\\w.+@~-]*");
    private static final Pattern ADDRESS =
            Pattern.compile("\\b\\d{1,3}(?:\\.\\d{1,3}){3}(?::\\d{1,5})?\\b");
    private static final Pattern SPACE = Pattern.compile("\\s+");
    private static final int LONGEST = 500;

    private Words() {}

    static String clean(String text) {
        var hidden = PATH.matcher(text).replaceAll("(path)");
        return line(ADDRESS.matcher(hidden).replaceAll("(address)"));
    }

    /// Only what a guest said of itself: one line, not long.
    static String line(String text) {
        var line = SPACE.matcher(text).replaceAll(" ").strip();
        return line.length() <= LONGEST ? line : line.substring(0, LONGEST) + "…";
    }
}
