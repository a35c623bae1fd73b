package dev.wrenn.control.api;

import java.util.ArrayList;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// The token of a link in a query string. Everything else in it is the guest's and stays as it is.
final class PortQuery {
    static final String NAME = "wrenn_token";

    private static final String START = NAME + "=";

    private PortQuery() {}

    /// The first one; its characters need no decoding.
    static Optional<String> token(@Nullable String query) {
        if (query == null) return Optional.empty();
        for (var part : query.split("&", -1))
            if (part.startsWith(START)) return Optional.of(part.substring(START.length()));
        return Optional.empty();
    }

    /// Path and query without any token.
    static String without(String target) {
        int mark = target.indexOf('?');
        if (mark < 0 || target.indexOf(START, mark) < 0) return target;
        var kept = new ArrayList<String>();
        for (var part : target.substring(mark + 1).split("&", -1))
            if (!part.startsWith(START)) kept.add(part);
        var path = target.substring(0, mark);
        return kept.isEmpty() ? path : path + "?" + String.join("&", kept);
    }
}
