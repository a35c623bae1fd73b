package dev.wrenn.control.api;

import java.time.Duration;

/// Where and how the API listens.
///
/// @param port 0 picks a free one
/// @param headerLimit for the head of a connection's first request
/// @param idleLimit of connections between requests
/// @param stopLimit how long a stop waits for requests under way
/// @param terminals times of the terminals' WebSockets
public record ApiConfig(
        String address,
        int port,
        Duration headerLimit,
        Duration idleLimit,
        Duration stopLimit,
        TerminalTimes terminals) {
    /// The limits of the specification.
    public static ApiConfig of(String address, int port) {
        return new ApiConfig(
                address,
                port,
                Duration.ofSeconds(10),
                Duration.ofSeconds(620),
                Duration.ofSeconds(10),
                TerminalTimes.DEFAULT);
    }
}
