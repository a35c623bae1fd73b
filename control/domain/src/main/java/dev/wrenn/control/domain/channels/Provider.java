package dev.wrenn.control.domain.channels;

import java.net.URI;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/// A tool that can be told. Knows what it is configured with and what it is sent; sends nothing
/// itself. Thread-safe.
public interface Provider {
    /// As clients write it.
    String wire();

    /// Names in the configuration that must be there and not be empty.
    Set<String> required();

    /// Names that may be there as well.
    default Set<String> optional() {
        return Set.of();
    }

    /// @param config has what is required and nothing unknown
    /// @return what cannot be used, beginning with the name; empty when it can
    Optional<String> problem(Map<String, String> config);

    /// A request to the tool.
    ///
    /// @param headers without `Content-Type`, which is that of JSON
    /// @param body UTF-8
    record Request(String method, URI url, Map<String, String> headers, String body) {}

    /// What tells a message. Each attempt makes a new one.
    Request request(Map<String, String> config, Message message);
}
