package dev.wrenn.control.domain.hosts;

/// What a host answered.
public sealed interface HostAnswer<T> {
    /// Done.
    record Done<T>(T value) implements HostAnswer<T> {}

    /// Not done.
    ///
    /// @param detail in words, without addresses or stack traces; may be shown to the caller
    record Refused<T>(HostFault fault, String detail) implements HostAnswer<T> {}

    /// The answer of calls that have nothing to tell.
    enum Nothing {
        NOTHING
    }
}
