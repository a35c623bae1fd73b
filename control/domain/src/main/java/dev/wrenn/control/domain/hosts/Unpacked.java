package dev.wrenn.control.domain.hosts;

/// What came out of an archive.
///
/// @param bytes of the files' contents
public record Unpacked(long files, long folders, long links, long bytes) {}
