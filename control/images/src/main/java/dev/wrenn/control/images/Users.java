package dev.wrenn.control.images;

import java.util.Optional;
import java.util.regex.Pattern;

/// Who the programs of an image are, by its `/etc/passwd`: a capsule knows its users by name.
///
/// @param user the name
/// @param line to be put at the end of `/etc/passwd`; empty: none
record Users(String user, String line) {
    private static final Pattern NAME = Pattern.compile("[A-Za-z_][A-Za-z0-9_.-]{0,31}");
    private static final Pattern NUMBER = Pattern.compile("[0-9]{1,10}");
    private static final String ROOT = "root";

    /// @param wanted `name`, `uid`, each with a group behind a colon, or empty
    /// @param passwd passwd(5)
    /// @throws ImageException when nobody is called that
    static Users find(String wanted, String passwd) throws ImageException {
        int colon = wanted.indexOf(':');
        var user = colon < 0 ? wanted : wanted.substring(0, colon);
        var group = colon < 0 ? "" : wanted.substring(colon + 1);
        if (user.isEmpty() || user.equals("0") || user.equals(ROOT)) return new Users(ROOT, "");
        boolean number = NUMBER.matcher(user).matches();
        if (!number && !NAME.matcher(user).matches())
            throw new ImageException("user: expected a name or a number");
        var found = name(user, number, passwd);
        if (found.isPresent()) return new Users(found.get(), "");
        if (!number) throw new ImageException("no user " + user + " in its /etc/passwd");
        if (Long.parseLong(user) >= 0xffff_ffffL)
            throw new ImageException("user: expected a name or a number");
        var name = "user" + Long.parseLong(user);
        var id = NUMBER.matcher(group).matches() ? group : "0"; // as containers have it
        return new Users(name, name + ":x:" + Long.parseLong(user) + ":" + id + "::/:/bin/sh\n");
    }

    private static Optional<String> name(String user, boolean number, String passwd) {
        for (var line : passwd.split("\n")) {
            var fields = line.split(":", -1);
            if (fields.length < 6 || !NAME.matcher(fields[0]).matches()) continue;
            if (number ? same(fields[2], user) : fields[0].equals(user))
                return Optional.of(fields[0]);
        }
        return Optional.empty();
    }

    private static boolean same(String a, String b) {
        return NUMBER.matcher(a).matches() && Long.parseLong(a) == Long.parseLong(b);
    }
}
