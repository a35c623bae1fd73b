package dev.wrenn.control.api;

import java.time.Duration;

/// How often credentials may be tried within a window, for each kind of attempt.
public record AttemptLimits(int perAddress, int perAccount, Duration window) {
    public static final AttemptLimits DEFAULT = new AttemptLimits(100, 10, Duration.ofMinutes(15));
}
