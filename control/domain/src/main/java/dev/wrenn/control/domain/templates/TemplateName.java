package dev.wrenn.control.domain.templates;

import java.util.regex.Pattern;

/// The rule for names of templates.
public final class TemplateName {
    /// What a capsule boots from when nothing is asked for.
    public static final String MINIMAL = "minimal";

    private static final Pattern PATTERN = Pattern.compile("[a-zA-Z0-9][a-zA-Z0-9._-]{0,63}");

    private TemplateName() {}

    /// True for 1..64 of letters, digits, `.`, `_`, `-`, beginning with a letter or digit.
    public static boolean valid(String name) {
        return PATTERN.matcher(name).matches();
    }
}
