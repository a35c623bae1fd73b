package dev.wrenn.control.api;

import dev.wrenn.control.domain.hosts.FileContent;
import dev.wrenn.control.domain.hosts.FileSink;

/// Where an upload goes, once its path is known.
@FunctionalInterface
interface Target {
    /// @throws ApiException 400 for a path that no file can have
    FileSink open(String path, FileContent content);
}
