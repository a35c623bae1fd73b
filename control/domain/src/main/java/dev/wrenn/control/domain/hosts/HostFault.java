package dev.wrenn.control.domain.hosts;

/// Why a host did not do what it was asked.
public enum HostFault {
    /// No answer: the host or the way to it is down. The request may have arrived.
    UNREACHABLE,
    /// No connection to the host could be made: the request was never sent.
    UNCONNECTED,
    /// No answer in time; also a program that ran into its own time limit.
    TIMEOUT,
    NOT_FOUND,
    INVALID,
    /// The capsule is not in a state for this.
    CONFLICT,
    /// Something is there already that would have to be overwritten.
    EXISTS,
    FORBIDDEN,
    /// The host has no room for another capsule.
    NO_ROOM,
    /// The host's disk is full.
    DISK_FULL,
    UNIMPLEMENTED,
    /// What the host has saved of the capsule is damaged.
    DATA_LOSS,
    /// The host answers, the capsule's guest agent does not.
    GUEST_GONE,
    /// Anything else, on the host's side.
    INTERNAL;

    /// The host, or the way to it, is down.
    public boolean unreached() {
        return this == UNREACHABLE || this == UNCONNECTED;
    }
}
