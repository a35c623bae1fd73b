package dev.wrenn.common.connect;

import java.util.List;
import java.util.Map;

/// How a call failed. The message is what the peer sees or has said, so a handler must not put
/// internals into it.
public final class ConnectException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final Code code;
    private final transient List<ErrorDetail> details;
    private final transient Map<String, List<String>> metadata;

    public ConnectException(Code code, String message) {
        super(message);
        this.code = code;
        this.details = List.of();
        this.metadata = Map.of();
    }

    public ConnectException(Code code, String message, Throwable cause) {
        super(message, cause);
        this.code = code;
        this.details = List.of();
        this.metadata = Map.of();
    }

    /// @param metadata lower-case names; leading and trailing ones together
    public ConnectException(
            Code code,
            String message,
            List<ErrorDetail> details,
            Map<String, List<String>> metadata) {
        super(message);
        this.code = code;
        this.details = List.copyOf(details);
        this.metadata = Map.copyOf(metadata);
    }

    /// The kind of failure.
    public Code code() {
        return code;
    }

    /// Messages attached by the server, usually none.
    public List<ErrorDetail> details() {
        return details;
    }

    /// Headers and trailers that came with the error.
    public Map<String, List<String>> metadata() {
        return metadata;
    }

    @Override
    public String toString() {
        return "ConnectException(" + code.wire() + "): " + getMessage();
    }
}
