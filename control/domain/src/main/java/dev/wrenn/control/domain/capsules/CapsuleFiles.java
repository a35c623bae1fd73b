package dev.wrenn.control.domain.capsules;

import dev.wrenn.control.domain.hosts.FileContent;
import dev.wrenn.control.domain.hosts.FileEntry;
import dev.wrenn.control.domain.hosts.FileSink;
import dev.wrenn.control.domain.hosts.FileSource;
import dev.wrenn.control.domain.hosts.HostAnswer;
import dev.wrenn.control.domain.hosts.HostAnswer.Nothing;
import dev.wrenn.control.domain.hosts.HostClient;
import dev.wrenn.control.domain.hosts.HostDirectory;
import dev.wrenn.control.domain.hosts.HostFault;
import dev.wrenn.control.domain.hosts.HostFiles;
import dev.wrenn.control.domain.hosts.TransferException;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;

/// Files of capsules that were found ready; see [HostFiles]. Calls block; thread-safe.
public final class CapsuleFiles {
    private static final String NO_HOST = "the capsule's host is unknown";

    private final HostDirectory hosts;

    public CapsuleFiles(HostDirectory hosts) {
        this.hosts = hosts;
    }

    public HostAnswer<FileEntry> stat(CapsuleRow capsule, String path) {
        return ask(capsule, files -> files.stat(capsule.id(), path));
    }

    /// @param depth levels, at least 1
    public HostAnswer<List<FileEntry>> list(CapsuleRow capsule, String path, int depth) {
        return ask(capsule, files -> files.list(capsule.id(), path, depth));
    }

    public HostAnswer<FileEntry> makeFolder(CapsuleRow capsule, String path) {
        return ask(capsule, files -> files.makeFolder(capsule.id(), path));
    }

    public HostAnswer<Nothing> remove(CapsuleRow capsule, String path) {
        return ask(capsule, files -> files.remove(capsule.id(), path));
    }

    public HostAnswer<FileEntry> rename(CapsuleRow capsule, String source, String destination) {
        return ask(capsule, files -> files.rename(capsule.id(), source, destination));
    }

    /// @throws TransferException when it cannot be read
    public FileSource read(CapsuleRow capsule, String path, FileContent content) {
        return there(capsule).read(capsule.id(), path, content);
    }

    /// @throws TransferException when the host cannot be asked
    public FileSink write(CapsuleRow capsule, String path, FileContent content) {
        return there(capsule).write(capsule.id(), path, content);
    }

    private <T> HostAnswer<T> ask(CapsuleRow capsule, Function<HostFiles, HostAnswer<T>> call) {
        var host = host(capsule);
        if (host.isEmpty()) return new HostAnswer.Refused<>(HostFault.UNREACHABLE, NO_HOST);
        return call.apply(host.get());
    }

    private HostFiles there(CapsuleRow capsule) {
        return host(capsule)
                .orElseThrow(() -> new TransferException(HostFault.UNREACHABLE, NO_HOST));
    }

    private Optional<HostFiles> host(CapsuleRow capsule) {
        return hosts.client(capsule.host()).map(HostClient::files);
    }
}
