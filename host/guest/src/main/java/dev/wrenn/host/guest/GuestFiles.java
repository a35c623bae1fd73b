package dev.wrenn.host.guest;

import com.google.protobuf.Message;
import dev.wrenn.common.connect.Code;
import dev.wrenn.common.connect.ConnectClient;
import dev.wrenn.common.connect.ConnectException;
import dev.wrenn.common.connect.ErrorDetail;
import dev.wrenn.common.connect.FilesystemMethods;
import dev.wrenn.common.connect.Method;
import dev.wrenn.contracts.filesystem.ListDirRequest;
import dev.wrenn.contracts.filesystem.MakeDirRequest;
import dev.wrenn.contracts.filesystem.MoveRequest;
import dev.wrenn.contracts.filesystem.RemoveRequest;
import dev.wrenn.contracts.filesystem.StatRequest;
import dev.wrenn.contracts.filesystem.StorageFull;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.json.JsonMapper;

/// Files of a guest, as its default user. Thread-safe; every method blocks, and throws
/// [FileException] when it is not done.
public final class GuestFiles {
    private static final JsonMapper JSON = JsonMapper.builder().build();
    private static final String BYTES = "application/octet-stream";
    private static final String TAR = "application/x-tar";
    // A deep tree on a slow disk.
    private static final Duration REMOVE_LIMIT = Duration.ofMinutes(5);
    // After the last byte: the guest writes what it holds and gives the file its name.
    private static final Duration ANSWER_LIMIT = Duration.ofMinutes(2);

    private final GuestClient guest;
    private final ConnectClient rpc;

    GuestFiles(GuestClient guest, ConnectClient rpc) {
        this.guest = guest;
        this.rpc = rpc;
    }

    /// What is there.
    public GuestEntry stat(String path) {
        var request = StatRequest.newBuilder().setPath(path).build();
        return GuestEntry.of(
                ask(FilesystemMethods.STAT, GuestClient.CALL_LIMIT, request).getEntry());
    }

    /// Sorted by name, each folder before what is in it.
    ///
    /// @param depth levels; 0 means 1
    public List<GuestEntry> list(String path, int depth) {
        var request = ListDirRequest.newBuilder().setPath(path).setDepth(depth).build();
        var answer = ask(FilesystemMethods.LIST_DIR, GuestClient.CALL_LIMIT, request);
        return answer.getEntriesList().stream().map(GuestEntry::of).toList();
    }

    /// With missing parents; [FileFault#EXISTS] when there is such a folder.
    public GuestEntry makeFolder(String path) {
        var request = MakeDirRequest.newBuilder().setPath(path).build();
        return GuestEntry.of(
                ask(FilesystemMethods.MAKE_DIR, GuestClient.CALL_LIMIT, request).getEntry());
    }

    /// With everything below.
    public void remove(String path) {
        ask(
                FilesystemMethods.REMOVE,
                REMOVE_LIMIT,
                RemoveRequest.newBuilder().setPath(path).build());
    }

    /// Never overwrites.
    public GuestEntry rename(String source, String destination) {
        var request =
                MoveRequest.newBuilder().setSource(source).setDestination(destination).build();
        return GuestEntry.of(
                ask(FilesystemMethods.MOVE, GuestClient.CALL_LIMIT, request).getEntry());
    }

    /// Opens a file.
    public FileSource read(String path) {
        return source("/files", path);
    }

    /// Packs a folder: a tar.
    public FileSource pack(String path) {
        return source("/files/archive", path);
    }

    /// Begins a file, with missing folders. Failures come out of the sink.
    public FileSink write(String path) {
        return sink("/files", path, BYTES);
    }

    /// Unpacks a tar into a folder. Failures come out of the sink.
    public FileSink unpack(String path) {
        return sink("/files/archive", path, TAR);
    }

    private FileSource source(String route, String path) {
        checkThere();
        try {
            return new FileSource(
                    rpc.download(
                            route + query(path), GuestFiles::refusal, GuestClient.SILENCE_LIMIT));
        } catch (ConnectException e) {
            throw failure(e);
        }
    }

    private FileSink sink(String route, String path, String type) {
        checkThere();
        try {
            return new FileSink(
                    rpc.upload(
                            route + query(path),
                            type,
                            GuestFiles::refusal,
                            GuestClient.SILENCE_LIMIT,
                            ANSWER_LIMIT));
        } catch (ConnectException e) {
            throw failure(e);
        }
    }

    private <Q extends Message, R extends Message> R ask(
            Method<Q, R> method, Duration limit, Q request) {
        checkThere();
        try {
            return guest.ask(method, limit, request);
        } catch (ConnectException e) {
            throw failure(e);
        }
    }

    private void checkThere() {
        var reason = guest.gone();
        if (reason != null) throw new FileException(FileFault.UNREACHABLE, reason);
    }

    private static String query(String path) {
        return "?path=" + URLEncoder.encode(path, StandardCharsets.UTF_8);
    }

    /// What envd says on its plain routes: `{"code":404,"message":"…"}`.
    private static ConnectException refusal(int status, byte[] body) {
        var code =
                switch (status) {
                    case 400, 415, 416, 429 -> Code.INVALID_ARGUMENT;
                    case 403 -> Code.PERMISSION_DENIED;
                    case 404 -> Code.NOT_FOUND;
                    case 409 -> Code.ALREADY_EXISTS;
                    case 507 -> Code.RESOURCE_EXHAUSTED;
                    default -> Code.INTERNAL;
                };
        var details =
                code == Code.RESOURCE_EXHAUSTED
                        ? List.of(ErrorDetail.of(StorageFull.getDefaultInstance()))
                        : List.<ErrorDetail>of();
        return new ConnectException(code, words(status, body), details, java.util.Map.of());
    }

    private static String words(int status, byte[] body) {
        try {
            return JSON.readTree(body).path("message").asString("HTTP " + status);
        } catch (JacksonException e) {
            return "HTTP " + status; // words are all that is missing
        }
    }

    static FileException failure(ConnectException e) {
        return new FileException(fault(e), GuestEvents.words(e), e);
    }

    private static FileFault fault(ConnectException e) {
        return switch (e.code()) {
            case NOT_FOUND -> FileFault.NOT_FOUND;
            case ALREADY_EXISTS -> FileFault.EXISTS;
            case INVALID_ARGUMENT, FAILED_PRECONDITION, OUT_OF_RANGE -> FileFault.INVALID;
            case PERMISSION_DENIED -> FileFault.DENIED;
            case RESOURCE_EXHAUSTED -> isFull(e) ? FileFault.FULL : FileFault.INVALID;
            case CANCELED, DEADLINE_EXCEEDED, UNAVAILABLE -> FileFault.UNREACHABLE;
            case UNKNOWN, ABORTED, UNIMPLEMENTED, INTERNAL, DATA_LOSS, UNAUTHENTICATED ->
                    FileFault.FAILED;
        };
    }

    /// Otherwise some other bound, such as that of a list.
    private static boolean isFull(ConnectException e) {
        return e.details().stream()
                .anyMatch(detail -> detail.as(StorageFull.getDefaultInstance()).isPresent());
    }
}
