package dev.wrenn.control.domain.audit;

import java.util.List;

/// What was committed together with a change and is not told yet. Thread-safe.
public interface Outbox {
    /// @param number in the order of writing
    /// @param event its name in the stream
    record Item(long number, String event, AuditRow row) {}

    /// The oldest ones.
    List<Item> waiting(int limit);

    /// They are told.
    void done(List<Long> numbers);
}
