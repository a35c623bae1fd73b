package dev.wrenn.control.hostlink;

import com.google.protobuf.Message;
import dev.wrenn.common.connect.CallOptions;
import dev.wrenn.common.connect.ConnectClient;
import dev.wrenn.common.connect.ConnectException;
import dev.wrenn.common.connect.HostAgentMethods;
import dev.wrenn.common.connect.Method;
import dev.wrenn.common.connect.Refusals;
import dev.wrenn.common.model.CapsuleId;
import dev.wrenn.contracts.hostagent.v1.ListDirRequest;
import dev.wrenn.contracts.hostagent.v1.MakeDirRequest;
import dev.wrenn.contracts.hostagent.v1.RemovePathRequest;
import dev.wrenn.contracts.hostagent.v1.RenamePathRequest;
import dev.wrenn.contracts.hostagent.v1.StatPathRequest;
import dev.wrenn.control.domain.hosts.FileContent;
import dev.wrenn.control.domain.hosts.FileEntry;
import dev.wrenn.control.domain.hosts.FileSink;
import dev.wrenn.control.domain.hosts.FileSource;
import dev.wrenn.control.domain.hosts.HostAnswer;
import dev.wrenn.control.domain.hosts.HostAnswer.Nothing;
import dev.wrenn.control.domain.hosts.HostFiles;
import dev.wrenn.control.domain.hosts.TransferException;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;

/// Files of one host's capsules: calls for what is small, plain bodies for contents. Thread-safe.
final class AgentFiles implements HostFiles {
    // Each a little longer than the host waits for the guest, so that it is the host who says no.
    private static final Duration CALL = Duration.ofSeconds(35);
    private static final Duration REMOVE = Duration.ofMinutes(5).plusSeconds(10);
    private static final Duration STALL = Duration.ofSeconds(60);
    private static final Duration ANSWER = Duration.ofMinutes(2).plusSeconds(10);

    private final ConnectClient connect;

    AgentFiles(ConnectClient connect) {
        this.connect = connect;
    }

    @Override
    public HostAnswer<FileEntry> stat(CapsuleId id, String path) {
        return call(
                HostAgentMethods.STAT_PATH,
                StatPathRequest.newBuilder().setSandboxId(id.toString()).setPath(path).build(),
                CALL,
                response -> entry(response.getEntry()));
    }

    @Override
    public HostAnswer<List<FileEntry>> list(CapsuleId id, String path, int depth) {
        return call(
                HostAgentMethods.LIST_DIR,
                ListDirRequest.newBuilder()
                        .setSandboxId(id.toString())
                        .setPath(path)
                        .setDepth(depth)
                        .build(),
                CALL,
                response -> response.getEntriesList().stream().map(AgentFiles::entry).toList());
    }

    @Override
    public HostAnswer<FileEntry> makeFolder(CapsuleId id, String path) {
        return call(
                HostAgentMethods.MAKE_DIR,
                MakeDirRequest.newBuilder().setSandboxId(id.toString()).setPath(path).build(),
                CALL,
                response -> entry(response.getEntry()));
    }

    @Override
    public HostAnswer<Nothing> remove(CapsuleId id, String path) {
        return call(
                HostAgentMethods.REMOVE_PATH,
                RemovePathRequest.newBuilder().setSandboxId(id.toString()).setPath(path).build(),
                REMOVE,
                _ -> Nothing.NOTHING);
    }

    @Override
    public HostAnswer<FileEntry> rename(CapsuleId id, String source, String destination) {
        return call(
                HostAgentMethods.RENAME_PATH,
                RenamePathRequest.newBuilder()
                        .setSandboxId(id.toString())
                        .setSource(source)
                        .setDestination(destination)
                        .build(),
                CALL,
                response -> entry(response.getEntry()));
    }

    @Override
    public FileSource read(CapsuleId id, String path, FileContent content) {
        try {
            return new AgentSource(
                    connect.download(route(id, path, content), Refusals.CONNECT, STALL));
        } catch (ConnectException e) {
            throw failure(e);
        }
    }

    @Override
    public FileSink write(CapsuleId id, String path, FileContent content) {
        var type =
                switch (content) {
                    case FILE -> "application/octet-stream";
                    case ARCHIVE -> "application/x-tar";
                };
        try {
            return new AgentSink(
                    connect.upload(
                            route(id, path, content), type, Refusals.CONNECT, STALL, ANSWER));
        } catch (ConnectException e) {
            throw failure(e);
        }
    }

    static TransferException failure(ConnectException e) {
        var fault = Faults.ofFile(e);
        return new TransferException(fault, Faults.detail(e, fault), e);
    }

    private <Q extends Message, R extends Message, T> HostAnswer<T> call(
            Method<Q, R> method, Q request, Duration limit, Function<R, T> read) {
        try {
            var response = connect.unary(method, request, CallOptions.timeout(limit));
            return new HostAnswer.Done<>(read.apply(response));
        } catch (ConnectException e) {
            var fault = Faults.ofFile(e);
            return new HostAnswer.Refused<>(fault, Faults.detail(e, fault));
        }
    }

    private static String route(CapsuleId id, String path, FileContent content) {
        var part =
                switch (content) {
                    case FILE -> "";
                    case ARCHIVE -> "/archive";
                };
        return "/files/" + id + part + "?path=" + URLEncoder.encode(path, StandardCharsets.UTF_8);
    }

    private static FileEntry entry(dev.wrenn.contracts.hostagent.v1.FileEntry said) {
        return new FileEntry(
                said.getName(),
                said.getPath(),
                switch (said.getType()) {
                    case TYPE_DIRECTORY -> FileEntry.Type.DIRECTORY;
                    case TYPE_SYMLINK -> FileEntry.Type.SYMLINK;
                    case TYPE_FILE, TYPE_UNSPECIFIED, UNRECOGNIZED -> FileEntry.Type.FILE;
                },
                said.getSize(),
                said.getMode(),
                said.getPermissions(),
                said.getOwner(),
                said.getGroup(),
                said.getModifiedAtUnix(),
                said.hasSymlinkTarget() ? Optional.of(said.getSymlinkTarget()) : Optional.empty());
    }
}
