package dev.wrenn.control.domain.hosts;

/// A program to run in a new terminal.
///
/// @param command its limit is not used
/// @param user who it runs as; empty: the capsule's default user
public record TerminalStart(Command command, int cols, int rows, String user) {}
