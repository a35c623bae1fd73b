package dev.wrenn.host.guest;

import com.google.protobuf.ByteString;

/// What comes over an [Attachment], in order; a [Last] event comes exactly once.
public sealed interface AttachEvent {
    /// The process is known.
    ///
    /// @param pid in the guest
    record Started(int pid) implements AttachEvent {}

    /// A piece of standard output.
    record Stdout(ByteString data) implements AttachEvent {}

    /// A piece of standard error.
    record Stderr(ByteString data) implements AttachEvent {}

    /// A piece of what a terminal shows, at most 16 KiB.
    record Terminal(ByteString data) implements AttachEvent {}

    /// Nothing happened for a few seconds.
    record Idle() implements AttachEvent {}

    /// Nothing comes after it.
    sealed interface Last extends AttachEvent {}

    /// The process ended.
    ///
    /// @param exitCode 128 + n when signal n ended it
    /// @param error what the guest says about it, often empty
    record Exited(int exitCode, String error) implements Last {}

    /// There is no such process (any more), or no such program.
    record NotFound(String reason) implements Last {}

    /// A live process has the tag.
    record TagTaken(String reason) implements Last {}

    /// The guest did not accept the request, for example for its directory or user.
    record Rejected(String reason) implements Last {}

    /// The guest does not answer any more.
    record Unreachable(String reason) implements Last {}
}
