package dev.wrenn.control.domain.audit;

/// Where events are told to the outside. Thread-safe.
public interface EventStream {
    /// @return false when it could not be told now
    boolean publish(Outbox.Item item);
}
