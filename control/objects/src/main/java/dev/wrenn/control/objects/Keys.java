package dev.wrenn.control.objects;

import java.util.regex.Pattern;

/// What keys of objects may look like, for every store: nothing that a file system or a URL would
/// read as more than a name.
final class Keys {
    private static final String PART = "[a-z0-9][a-z0-9.-]*";
    private static final Pattern KEY = Pattern.compile("(" + PART + "/)*" + PART);

    private Keys() {}

    static boolean valid(String key) {
        return KEY.matcher(key).matches();
    }

    /// @return the key
    /// @throws IllegalArgumentException when it is none
    static String check(String key) {
        if (!valid(key)) throw new IllegalArgumentException("key: " + key);
        return key;
    }

    /// @return the prefix without the `/` at its end
    /// @throws IllegalArgumentException when it is no key with a `/` behind it
    static String checkPrefix(String prefix) {
        if (!prefix.endsWith("/")) throw new IllegalArgumentException("prefix: " + prefix);
        return check(prefix.substring(0, prefix.length() - 1));
    }
}
