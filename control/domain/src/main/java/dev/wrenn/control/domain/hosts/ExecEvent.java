package dev.wrenn.control.domain.hosts;

/// What a streamed program does, in order: one [Started], any output, one [Exited] or [Broken].
@SuppressWarnings("ArrayRecordComponent") // chunks are handed over, never kept
public sealed interface ExecEvent {
    record Started(int pid) implements ExecEvent {}

    record Stdout(byte[] data) implements ExecEvent {}

    record Stderr(byte[] data) implements ExecEvent {}

    record Exited(int code) implements ExecEvent {}

    /// The stream ended without an exit code.
    ///
    /// @param detail in words, may be shown to the caller
    record Broken(HostFault fault, String detail) implements ExecEvent {}
}
