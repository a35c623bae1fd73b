package dev.wrenn.control.domain.teams;

import java.util.regex.Pattern;

/// What teams may be called.
public final class TeamName {
    private static final Pattern PATTERN = Pattern.compile("[A-Za-z0-9 _\\-@']{1,128}");
    private static final Pattern FOREIGN = Pattern.compile("[^A-Za-z0-9 _\\-@']");
    private static final int LONGEST = 128;

    private TeamName() {}

    /// True for a trimmed name that may be used.
    public static boolean valid(String name) {
        return PATTERN.matcher(name).matches();
    }

    /// The name of the team that a new user gets: what is left of the user's name, and `'s Team`.
    public static String ofUser(String userName) {
        var left = FOREIGN.matcher(userName).replaceAll("").strip();
        var suffix = "'s Team";
        if (left.isEmpty()) return "My Team";
        if (left.length() + suffix.length() > LONGEST)
            left = left.substring(0, LONGEST - suffix.length());
        return left + suffix;
    }
}
