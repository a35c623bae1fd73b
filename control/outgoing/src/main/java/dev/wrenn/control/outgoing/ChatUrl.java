package dev.wrenn.control.outgoing;

import java.net.URI;
import java.util.Optional;
import java.util.function.Predicate;

/// Addresses that tools hand out for posting.
final class ChatUrl {
    static final String KEY = "webhook_url";

    private ChatUrl() {}

    /// @return empty for what is no plain https address
    static Optional<URI> https(String text) {
        try {
            var url = URI.create(text);
            boolean plain =
                    "https".equals(url.getScheme())
                            && url.getHost() != null
                            && url.getUserInfo() == null
                            && url.getRawFragment() == null;
            return plain ? Optional.of(url) : Optional.empty();
        } catch (IllegalArgumentException e) {
            return Optional.empty();
        }
    }

    /// @param expected in words
    static Optional<String> problem(String text, Predicate<URI> good, String expected) {
        return https(text).filter(good).isPresent()
                ? Optional.empty()
                : Optional.of(KEY + ": expected " + expected);
    }
}
