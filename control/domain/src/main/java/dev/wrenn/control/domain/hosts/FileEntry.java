package dev.wrenn.control.domain.hosts;

import java.util.Optional;

/// A file, folder or link of a capsule. Size, mode, owner and time of a link are its own, its type
/// is that of its target.
///
/// @param mode at most 0777
/// @param permissions as ls(1) shows them
/// @param owner name, or the number of an unknown id, as the group
/// @param modifiedAt Unix seconds
/// @param target where a link leads
public record FileEntry(
        String name,
        String path,
        Type type,
        long size,
        int mode,
        String permissions,
        String owner,
        String group,
        long modifiedAt,
        Optional<String> target) {
    /// What it is.
    public enum Type {
        /// Also devices, sockets and FIFOs.
        FILE,
        DIRECTORY,
        /// A link that leads nowhere.
        SYMLINK
    }
}
