package dev.wrenn.host.guest;

/// Why something about a file was not done.
public enum FileFault {
    NOT_FOUND,
    /// Something is there that would have to be overwritten.
    EXISTS,
    /// It makes no sense for what is there: a folder where a file is expected, and the like.
    INVALID,
    /// The user may not.
    DENIED,
    /// The guest's disk, or the user's quota.
    FULL,
    /// The guest does not answer, or broke off.
    UNREACHABLE,
    /// Anything else that the guest said.
    FAILED
}
