package dev.wrenn.control.api;

import dev.wrenn.control.domain.capsules.CapsuleFiles;
import dev.wrenn.control.domain.capsules.CapsuleRow;
import dev.wrenn.control.domain.capsules.Capsules;
import dev.wrenn.control.domain.capsules.Outcomes;
import dev.wrenn.control.domain.hosts.FileContent;
import dev.wrenn.control.domain.hosts.FileEntry;
import dev.wrenn.control.domain.hosts.HostAnswer;
import dev.wrenn.control.domain.hosts.TransferException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;

/// `POST /v1/capsules/{id}/files/…`, all but uploads. Each: 400, 403, 404, 409 unless running
/// within 4 s, 502, 503.
final class FileRoutes {
    static final String PATH = "/v1/capsules/{id}/files/";

    /// Of a file, and of an upload, that is not streamed.
    static final long WHOLE_LIMIT = 100L << 20;

    /// PATH_MAX, path_resolution(7), in bytes.
    static final int LONGEST_PATH = 4096;

    private static final int DEEPEST = 1 << 16;

    private final Capsules capsules;
    private final CapsuleFiles files;

    FileRoutes(Capsules capsules, CapsuleFiles files) {
        this.capsules = capsules;
        this.files = files;
    }

    List<Route> routes() {
        return List.of(
                route("read", this::read),
                route("stream/read", (row, body) -> download(row, body, FileContent.FILE)),
                route("archive/read", (row, body) -> download(row, body, FileContent.ARCHIVE)),
                route("list", this::list),
                route("stat", (row, body) -> entry(files.stat(row, path(body, "path")))),
                route("mkdir", (row, body) -> entry(files.makeFolder(row, path(body, "path")))),
                route("remove", this::remove),
                route("rename", this::rename));
    }

    private interface Answer {
        Reply of(CapsuleRow row, Fields body);
    }

    private Route route(String name, Answer answer) {
        return new Route("POST", PATH + name, TeamAccess.USE, call -> handle(call, answer));
    }

    private Reply handle(Call call, Answer answer) throws IOException, InterruptedException {
        return switch (capsules.ready(call.principal().team(), call.capsule())) {
            case Outcomes.Ready.NotFound _ -> Reply.error(ErrorTable.NO_SANDBOX);
            case Outcomes.Ready.No(var state) -> Reply.error(ErrorTable.notRunning(state));
            case Outcomes.Ready.Yes(var row) -> answer.of(row, call.body());
        };
    }

    /// The bytes of a file of at most 100 MiB; 413 for a larger one.
    private Reply read(CapsuleRow row, Fields body) {
        var reply = download(row, body, FileContent.FILE);
        if (!(reply instanceof Reply.Bytes(_, var source))) return reply;
        if (source.length().orElse(0) <= WHOLE_LIMIT) return reply;
        source.close();
        return Reply.error(
                new ApiError(413, "too_large", "the file has more than 100 MiB: stream it"));
    }

    private Reply download(CapsuleRow row, Fields body, FileContent content) {
        var path = path(body, "path");
        try {
            return new Reply.Bytes(
                    content == FileContent.FILE ? "application/octet-stream" : "application/x-tar",
                    files.read(row, path, content));
        } catch (TransferException e) {
            return Reply.error(ErrorTable.ofFile(e.fault(), words(e)));
        }
    }

    private Reply list(CapsuleRow row, Fields body) {
        long depth = body.integer("depth", 1);
        if (depth < 0 || depth > DEEPEST)
            throw ApiException.invalid("depth: expected 0.." + DEEPEST);
        int levels = Math.max(1, (int) depth);
        return answer(
                files.list(row, path(body, "path"), levels),
                entries ->
                        Reply.ok(
                                Map.of(
                                        "entries",
                                        entries.stream().map(FileRoutes::json).toList())));
    }

    private Reply remove(CapsuleRow row, Fields body) {
        return answer(files.remove(row, path(body, "path")), _ -> Reply.noContent());
    }

    private Reply rename(CapsuleRow row, Fields body) {
        return entry(files.rename(row, path(body, "source"), path(body, "destination")));
    }

    private static Reply entry(HostAnswer<FileEntry> answer) {
        return answer(answer, entry -> Reply.ok(Map.of("entry", json(entry))));
    }

    private static <T> Reply answer(HostAnswer<T> answer, Function<T, Reply> done) {
        return switch (answer) {
            case HostAnswer.Done<T>(var value) -> done.apply(value);
            case HostAnswer.Refused<T>(var fault, var detail) ->
                    Reply.error(ErrorTable.ofFile(fault, detail));
        };
    }

    private static String path(Fields body, String name) {
        return checked(name, body.text(name).orElse(""));
    }

    /// @throws ApiException 400 for a path that no file can have
    static String checked(String name, String path) {
        if (path.isEmpty()) throw ApiException.invalid(name + ": expected a path");
        if (path.indexOf('\0') >= 0) throw ApiException.invalid(name + ": contains NUL");
        if (path.getBytes(StandardCharsets.UTF_8).length > LONGEST_PATH)
            throw ApiException.invalid(name + ": more than " + LONGEST_PATH + " bytes");
        return path;
    }

    static String words(TransferException e) {
        return String.valueOf(e.getMessage());
    }

    private static Map<String, Object> json(FileEntry entry) {
        var json = new LinkedHashMap<String, Object>();
        json.put("name", entry.name());
        json.put("path", entry.path());
        json.put(
                "type",
                switch (entry.type()) {
                    case FILE -> "file";
                    case DIRECTORY -> "directory";
                    case SYMLINK -> "symlink";
                });
        json.put("size", entry.size());
        json.put("mode", entry.mode());
        json.put("permissions", entry.permissions());
        json.put("owner", entry.owner());
        json.put("group", entry.group());
        json.put("modified_at", entry.modifiedAt());
        entry.target().ifPresent(target -> json.put("symlink_target", target));
        return json;
    }
}
