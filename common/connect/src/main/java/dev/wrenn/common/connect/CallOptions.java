package dev.wrenn.common.connect;

import java.time.Duration;
import java.util.Map;

/// How one call is made.
///
/// @param timeout for the whole call; zero: none; negative: has passed already
/// @param headers added to those of the client
/// @param idle longest silence between two messages of a stream, then `unavailable`; zero: no limit
public record CallOptions(Duration timeout, Map<String, String> headers, Duration idle) {
    private static final CallOptions NONE = new CallOptions(Duration.ZERO, Map.of());

    public CallOptions {
        headers = Map.copyOf(headers);
    }

    public CallOptions(Duration timeout, Map<String, String> headers) {
        this(timeout, headers, Duration.ZERO);
    }

    /// No time-out, no headers.
    public static CallOptions none() {
        return NONE;
    }

    /// With a time-out only.
    public static CallOptions timeout(Duration timeout) {
        return new CallOptions(timeout, Map.of());
    }

    /// The same with a limit on silence, for streams whose server sends keep-alives.
    public CallOptions withIdle(Duration limit) {
        return new CallOptions(timeout, headers, limit);
    }
}
