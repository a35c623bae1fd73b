package dev.wrenn.control.domain.ports;

/// How the ports of one capsule are served.
///
/// @param autoResume a request lets a paused capsule go on
public record PortSettings(PortAccess access, boolean autoResume) {
    /// What a capsule has whose creator said nothing.
    public static final PortSettings DEFAULT = new PortSettings(PortAccess.PUBLIC, false);
}
