package dev.wrenn.common.connect;

/// Answers calls with a stream. Called on many threads at once.
@FunctionalInterface
public interface StreamHandler<Q, R> {
    /// Returning ends the stream. A handler that is silent for long should send keep-alive
    /// messages: only sending shows that the peer is gone.
    ///
    /// @throws ConnectException sent to the caller as it is
    /// @throws Exception anything else is logged and sent as `internal` without its text
    void handle(CallContext context, Q request, ResponseStream<R> out) throws Exception;
}
