package dev.wrenn.common.connect;

import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/// Error codes of the Connect protocol, in the order of their numbers (1 to 16).
public enum Code {
    CANCELED("canceled", 499),
    UNKNOWN("unknown", 500),
    INVALID_ARGUMENT("invalid_argument", 400),
    DEADLINE_EXCEEDED("deadline_exceeded", 504),
    NOT_FOUND("not_found", 404),
    ALREADY_EXISTS("already_exists", 409),
    PERMISSION_DENIED("permission_denied", 403),
    RESOURCE_EXHAUSTED("resource_exhausted", 429),
    FAILED_PRECONDITION("failed_precondition", 400),
    ABORTED("aborted", 409),
    OUT_OF_RANGE("out_of_range", 400),
    UNIMPLEMENTED("unimplemented", 501),
    INTERNAL("internal", 500),
    UNAVAILABLE("unavailable", 503),
    DATA_LOSS("data_loss", 500),
    UNAUTHENTICATED("unauthenticated", 401);

    private static final Map<String, Code> BY_WIRE = new HashMap<>();

    static {
        for (var code : values()) BY_WIRE.put(code.wire, code);
    }

    private final String wire;
    private final int http;

    Code(String wire, int http) {
        this.wire = wire;
        this.http = http;
    }

    /// The name on the wire, such as `not_found`.
    public String wire() {
        return wire;
    }

    /// HTTP status of a unary error with this code.
    public int http() {
        return http;
    }

    /// The number that the code has in other protocols of the family, 1 to 16.
    public int number() {
        return ordinal() + 1;
    }

    /// The code with this name on the wire; empty for names that the protocol does not have.
    static Optional<Code> ofWire(String wire) {
        return Optional.ofNullable(BY_WIRE.get(wire));
    }

    /// What an HTTP status means that came without a Connect error (protocol, "HTTP to Error
    /// Code").
    static Code ofHttp(int status) {
        return switch (status) {
            case 400 -> INTERNAL;
            case 401 -> UNAUTHENTICATED;
            case 403 -> PERMISSION_DENIED;
            case 404 -> UNIMPLEMENTED;
            case 429, 502, 503, 504 -> UNAVAILABLE;
            default -> UNKNOWN;
        };
    }
}
