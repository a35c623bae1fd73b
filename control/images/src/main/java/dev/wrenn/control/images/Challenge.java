package dev.wrenn.control.images;

import java.net.URI;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;

/// What a registry wants to be shown: `WWW-Authenticate: Bearer realm="…",service="…",scope="…"`
/// (token authentication of the distribution specification).
record Challenge(String realm, String service, String scope) {
    private static final Pattern FIELD = Pattern.compile("([a-z]+)=\"([^\"]*)\"");

    /// @return empty for anything that no token answers
    static Optional<Challenge> parse(String header) {
        if (!header.regionMatches(true, 0, "Bearer ", 0, 7)) return Optional.empty();
        Map<String, String> fields = new HashMap<>();
        var field = FIELD.matcher(header);
        while (field.find()) fields.put(field.group(1), field.group(2));
        var realm = fields.getOrDefault("realm", "");
        if (realm.isEmpty()) return Optional.empty();
        return Optional.of(
                new Challenge(
                        realm,
                        fields.getOrDefault("service", ""),
                        fields.getOrDefault("scope", "")));
    }

    /// Where a token is, for whoever may read what everybody may.
    ///
    /// @throws IllegalArgumentException when the realm is no address
    URI token(String path) {
        var scoped = scope.isEmpty() ? "repository:" + path + ":pull" : scope;
        var query = "service=" + coded(service) + "&scope=" + coded(scoped);
        return URI.create(realm + (realm.contains("?") ? "&" : "?") + query);
    }

    private static String coded(String text) {
        return URLEncoder.encode(text, StandardCharsets.UTF_8);
    }
}
