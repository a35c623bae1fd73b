package dev.wrenn.control.api;

/// Ends a call with an error. The message is for people and goes out.
final class ApiException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final transient ApiError error;

    ApiException(ApiError error) {
        super(error.message(), null, false, false); // an answer, not an accident: no stack
        this.error = error;
    }

    ApiException(int status, String code, String message) {
        this(new ApiError(status, code, message));
    }

    /// A request that cannot be understood.
    static ApiException invalid(String message) {
        return new ApiException(400, "invalid_request", message);
    }

    ApiError error() {
        return error;
    }
}
