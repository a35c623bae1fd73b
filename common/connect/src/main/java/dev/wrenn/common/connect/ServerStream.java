package dev.wrenn.common.connect;

import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// The messages of one streaming call. For one reading thread; [#close()] may come from any.
public interface ServerStream<R> extends AutoCloseable {
    /// Waits for the next message. Not reading holds the sender up.
    ///
    /// @return null at the clean end
    /// @throws ConnectException the server's error, `deadline_exceeded`, `unavailable` when the
    ///   connection broke, `canceled` after close or when the thread was interrupted
    @Nullable R next();

    /// Trailing metadata, lower-case names; empty before the end.
    default Map<String, List<String>> trailers() {
        return Map.of();
    }

    /// Cancels the call when it has not ended. Does not block.
    @Override
    void close();
}
