package dev.wrenn.control.domain.hosts;

import dev.wrenn.common.model.CapsuleId;
import dev.wrenn.control.domain.hosts.HostAnswer.Nothing;
import java.util.List;

/// Files of the running capsules of one host. Calls block; thread-safe. A capsule that does not run
/// is [HostFault#CONFLICT].
public interface HostFiles {
    HostAnswer<FileEntry> stat(CapsuleId id, String path);

    /// Sorted by name, each folder before what is in it.
    ///
    /// @param depth levels, at least 1
    HostAnswer<List<FileEntry>> list(CapsuleId id, String path, int depth);

    /// With missing parents. [HostFault#EXISTS] when there is such a folder.
    HostAnswer<FileEntry> makeFolder(CapsuleId id, String path);

    /// With everything below.
    HostAnswer<Nothing> remove(CapsuleId id, String path);

    /// Never overwrites.
    HostAnswer<FileEntry> rename(CapsuleId id, String source, String destination);

    /// Opens a file or a folder.
    ///
    /// @throws TransferException when it cannot be read
    FileSource read(CapsuleId id, String path, FileContent content);

    /// Begins a file, with missing folders; or unpacks into a folder. Refusals come out of the
    /// sink.
    ///
    /// @throws TransferException when the host cannot be asked
    FileSink write(CapsuleId id, String path, FileContent content);
}
