package dev.wrenn.common.connect;

import dev.wrenn.common.runtime.Deadline;
import org.jspecify.annotations.Nullable;

/// What a handler knows about its call. Thread-safe.
public interface CallContext {
    /// First value of a request header, null when it was not sent.
    @Nullable String header(String name);

    /// When the caller stops waiting; [Deadline#never()] when it set no time-out. The handler's
    /// thread is interrupted then.
    Deadline deadline();

    /// True once nobody waits for the answer: deadline passed, peer gone, or server stopping.
    boolean canceled();

    /// Runs `step` when the call is canceled, at once when it already is, never when the handler
    /// ended before. It may run on any thread, while the handler still runs.
    void onCancel(Runnable step);

    /// Common name of the client's certificate; null without mutual TLS.
    default @Nullable String peer() {
        return null;
    }

    /// Adds a response header; only before the first message of a stream.
    default void responseHeader(String name, String value) {}

    /// Adds trailing metadata, sent also when the call fails.
    default void trailer(String name, String value) {}
}
