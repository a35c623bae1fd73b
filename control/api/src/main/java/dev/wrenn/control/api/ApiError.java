package dev.wrenn.control.api;

import java.util.Map;

/// What a client is told when a call fails.
///
/// @param status HTTP status
/// @param code stable, for programs
/// @param message for people, without internals
record ApiError(int status, String code, String message) {
    /// The envelope.
    Map<String, Object> json() {
        return Map.of("error", Map.of("code", code, "message", message));
    }
}
