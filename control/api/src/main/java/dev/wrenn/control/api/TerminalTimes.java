package dev.wrenn.control.api;

import java.time.Duration;

/// The times of terminals (WebSocket `pty`).
///
/// @param auth how long a client without credentials in its header has to show some
/// @param ping between two `ping` messages
/// @param inactivity without a frame from the client and without output that it took
public record TerminalTimes(Duration auth, Duration ping, Duration inactivity) {
    /// The times of the specification.
    public static final TerminalTimes DEFAULT =
            new TerminalTimes(
                    Duration.ofSeconds(5), Duration.ofSeconds(30), Duration.ofSeconds(120));
}
