package dev.wrenn.control.domain.audit;

import java.util.List;

/// What was committed together with a change and is on its way to everybody. Thread-safe.
public interface Outbox {
    /// @param number in the order of events
    /// @param event its name
    record Item(long number, String event, AuditRow row) {}

    /// Gives events that were committed since their places in the order.
    ///
    /// @param limit how many at most
    /// @return how many there were
    int order(int limit);

    /// The oldest ones that the stream was not told yet.
    List<Item> waiting(int limit);

    /// The stream was told.
    void done(List<Long> numbers);
}
