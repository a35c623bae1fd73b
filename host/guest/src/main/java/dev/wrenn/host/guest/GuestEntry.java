package dev.wrenn.host.guest;

import dev.wrenn.contracts.filesystem.EntryInfo;
import java.time.Instant;
import java.util.Optional;

/// A file, folder or link of a guest. Size, mode, owner and time of a link are its own, its type is
/// that of its target.
///
/// @param mode at most 0777
/// @param permissions as ls(1) shows them
/// @param owner name, or the number of an unknown id, as the group
/// @param target where a link leads
public record GuestEntry(
        String name,
        String path,
        Type type,
        long size,
        int mode,
        String permissions,
        String owner,
        String group,
        Instant modifiedAt,
        Optional<String> target) {
    /// What it is.
    public enum Type {
        /// Also devices, sockets and FIFOs.
        FILE,
        DIRECTORY,
        /// A link that leads nowhere.
        SYMLINK
    }

    static GuestEntry of(EntryInfo said) {
        return new GuestEntry(
                said.getName(),
                said.getPath(),
                switch (said.getType()) {
                    case FILE_TYPE_DIRECTORY -> Type.DIRECTORY;
                    case FILE_TYPE_SYMLINK -> Type.SYMLINK;
                    case FILE_TYPE_FILE, FILE_TYPE_UNSPECIFIED, UNRECOGNIZED -> Type.FILE;
                },
                Math.max(0, said.getSize()),
                said.getMode() & 0777,
                said.getPermissions(),
                said.getOwner(),
                said.getGroup(),
                seconds(said.getModifiedTime().getSeconds()),
                said.hasSymlinkTarget() ? Optional.of(said.getSymlinkTarget()) : Optional.empty());
    }

    /// A guest may say anything.
    private static Instant seconds(long said) {
        return Instant.ofEpochSecond(
                Math.clamp(said, Instant.MIN.getEpochSecond(), Instant.MAX.getEpochSecond()));
    }
}
