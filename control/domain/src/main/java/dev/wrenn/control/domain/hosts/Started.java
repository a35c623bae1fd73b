package dev.wrenn.control.domain.hosts;

/// A program that was started in the background.
///
/// @param tag as asked for, or made up
public record Started(int pid, String tag) {}
