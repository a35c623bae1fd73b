package dev.wrenn.control.domain.hosts;

/// What a terminal does, in order: one [Started], any output, one [Exited] or [Broken].
@SuppressWarnings("ArrayRecordComponent") // chunks are handed over, never kept
public sealed interface TerminalEvent {
    record Started(int pid, String tag) implements TerminalEvent {}

    /// At most 16 KiB.
    record Output(byte[] data) implements TerminalEvent {}

    record Exited(int code) implements TerminalEvent {}

    /// The stream ended without an exit code.
    ///
    /// @param detail in words, may be shown to the caller
    record Broken(HostFault fault, String detail) implements TerminalEvent {}
}
