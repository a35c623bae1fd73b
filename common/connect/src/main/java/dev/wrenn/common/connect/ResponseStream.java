package dev.wrenn.common.connect;

/// Where a stream handler sends. Thread-safe: messages of several threads do not mix.
@FunctionalInterface
public interface ResponseStream<R> {
    /// Sends one message, waiting while the peer reads slower than this.
    ///
    /// @throws ConnectException `canceled` when the peer is gone, `deadline_exceeded`,
    ///   `unavailable` when the server stops
    void send(R message);
}
