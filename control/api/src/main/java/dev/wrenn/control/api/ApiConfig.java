package dev.wrenn.control.api;

import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;

/// Where and how the API listens.
///
/// @param port 0 picks a free one
/// @param headerLimit for the head of a connection's first request
/// @param idleLimit of connections between requests
/// @param stopLimit how long a stop waits for requests under way
/// @param terminals times of the terminals' WebSockets
/// @param dashboard directory of the built pages; empty: none are served
public record ApiConfig(
        String address,
        int port,
        Duration headerLimit,
        Duration idleLimit,
        Duration stopLimit,
        TerminalTimes terminals,
        Optional<Path> dashboard) {
    /// The limits of the specification.
    public static ApiConfig of(String address, int port) {
        return new ApiConfig(
                address,
                port,
                Duration.ofSeconds(10),
                Duration.ofSeconds(620),
                Duration.ofSeconds(10),
                TerminalTimes.DEFAULT,
                Optional.empty());
    }

    /// The same, with pages for people.
    public ApiConfig with(Optional<Path> pages) {
        return new ApiConfig(address, port, headerLimit, idleLimit, stopLimit, terminals, pages);
    }
}
