package dev.wrenn.control.api;

import java.io.InputStream;
import java.time.Duration;
import java.util.Optional;

/// Ends a call with an error. The message is for people and goes out.
final class ApiException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final transient ApiError error;
    private final transient Optional<Duration> retryAfter;

    private ApiException(ApiError error, Optional<Duration> retryAfter) {
        super(error.message(), null, false, false); // an answer, not an accident: no stack
        this.error = error;
        this.retryAfter = retryAfter;
    }

    ApiException(ApiError error) {
        this(error, Optional.empty());
    }

    ApiException(int status, String code, String message) {
        this(new ApiError(status, code, message));
    }

    /// A request that cannot be understood.
    static ApiException invalid(String message) {
        return new ApiException(400, "invalid_request", message);
    }

    /// Too many requests of a kind.
    ///
    /// @param retryAfter when the next one may succeed
    static ApiException tooMany(Duration retryAfter) {
        return new ApiException(
                new ApiError(429, "rate_limited", "too many attempts; try again later"),
                Optional.of(retryAfter));
    }

    ApiError error() {
        return error;
    }

    /// The answer.
    Reply reply() {
        return complete(Reply.error(error));
    }

    /// The answer to a request whose body may still be on its way.
    ///
    /// @param rest of that body
    Reply reply(InputStream rest) {
        return complete(new Reply.Early(error, rest));
    }

    private Reply complete(Reply reply) {
        if (retryAfter.isEmpty()) return reply;
        long seconds = Math.max(1, retryAfter.get().plusMillis(999).toSeconds());
        return reply.with("Retry-After", Long.toString(seconds)); // RFC 9110, 10.2.3
    }
}
