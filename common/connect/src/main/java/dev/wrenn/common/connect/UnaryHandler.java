package dev.wrenn.common.connect;

/// Answers unary calls. Called on many threads at once.
@FunctionalInterface
public interface UnaryHandler<Q, R> {
    /// @throws ConnectException sent to the caller as it is
    /// @throws Exception anything else is logged and sent as `internal` without its text
    R handle(CallContext context, Q request) throws Exception;
}
