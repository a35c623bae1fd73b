package dev.wrenn.control.domain.hosts;

/// What a transfer carries.
public enum FileContent {
    /// The bytes of one file.
    FILE,
    /// A folder, as tar.
    ARCHIVE
}
