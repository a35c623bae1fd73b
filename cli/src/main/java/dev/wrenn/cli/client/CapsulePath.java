package dev.wrenn.cli.client;

import java.util.Optional;
import java.util.regex.Pattern;

/// A path in a capsule, written `ID:PATH`. Without a path it is the home of the default user.
record CapsulePath(String id, String path) {
    private static final Pattern SHAPE = Pattern.compile("(cl-[0-9a-z]{25}):(.*)", Pattern.DOTALL);

    /// @return empty for what is a path of this machine
    static Optional<CapsulePath> parse(String text) {
        var match = SHAPE.matcher(text);
        if (!match.matches()) return Optional.empty();
        var path = match.group(2);
        return Optional.of(new CapsulePath(match.group(1), path.isEmpty() ? "." : path));
    }

    /// The last name of the path; empty for the root and for a home.
    String name() {
        var trimmed = path.replaceFirst("/+$", "");
        var name = trimmed.substring(trimmed.lastIndexOf('/') + 1);
        return name.equals(".") || name.equals("..") || name.equals("~") ? "" : name;
    }

    /// The path of `name` in this folder.
    CapsulePath below(String name) {
        return new CapsulePath(id, path.endsWith("/") ? path + name : path + "/" + name);
    }
}
