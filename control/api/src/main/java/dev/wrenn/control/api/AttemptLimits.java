package dev.wrenn.control.api;

import java.time.Duration;

/// How often credentials may be tried within a window, for each kind of attempt.
///
/// @param behindProxy whether the client's address is what the proxy in front has put last into
///   `X-Forwarded-For`; without a proxy anybody could put anything there
public record AttemptLimits(int perAddress, int perAccount, Duration window, boolean behindProxy) {
    public static final AttemptLimits DEFAULT =
            new AttemptLimits(100, 10, Duration.ofMinutes(15), false);
}
