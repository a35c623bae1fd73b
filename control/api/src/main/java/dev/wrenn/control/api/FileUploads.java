package dev.wrenn.control.api;

import dev.wrenn.control.domain.capsules.CapsuleFiles;
import dev.wrenn.control.domain.capsules.CapsuleRow;
import dev.wrenn.control.domain.capsules.Capsules;
import dev.wrenn.control.domain.capsules.Outcomes;
import dev.wrenn.control.domain.hosts.FileContent;
import dev.wrenn.control.domain.hosts.TransferException;
import java.io.IOException;
import java.io.InputStream;
import java.util.LinkedHashMap;
import java.util.List;

/// Uploads: `POST /v1/capsules/{id}/files/write`, `stream/write` and `archive/write`. Bytes go on
/// to the capsule as they arrive. Errors as those of [FileRoutes], and 413, 507.
final class FileUploads {
    private final Capsules capsules;
    private final CapsuleFiles files;

    FileUploads(Capsules capsules, CapsuleFiles files) {
        this.capsules = capsules;
        this.files = files;
    }

    List<Route> routes() {
        return List.of(
                route("write", FileUploads::whole),
                route("stream/write", FileUploads::streamed),
                route("archive/write", FileUploads::archive));
    }

    private interface Transfer {
        Reply run(Call call, InputStream body, Target target) throws IOException;
    }

    private Route route(String name, Transfer transfer) {
        return new Route(
                "POST", FileRoutes.PATH + name, TeamAccess.USE, call -> handle(call, transfer));
    }

    /// A refusal is said while the body is still under way: its sender has to read both.
    private Reply handle(Call call, Transfer transfer) throws IOException, InterruptedException {
        var body = new RequestBody(call.stream());
        try {
            return switch (capsules.ready(call.principal().team(), call.capsule())) {
                case Outcomes.Ready.NotFound _ -> new Reply.Early(ErrorTable.NO_SANDBOX, body);
                case Outcomes.Ready.No(var state) ->
                        new Reply.Early(ErrorTable.notRunning(state), body);
                case Outcomes.Ready.Yes(var row) -> transfer.run(call, body, target(row));
            };
        } catch (ApiException e) {
            return new Reply.Early(e.error(), body);
        } catch (TransferException e) {
            return new Reply.Early(ErrorTable.ofFile(e.fault(), FileRoutes.words(e)), body);
        } catch (RequestBody.BrokenException e) {
            return new Reply.Early(
                    new ApiError(400, "read_error", "the body could not be read"), body);
        }
    }

    private Target target(CapsuleRow row) {
        return (path, content) -> files.write(row, FileRoutes.checked("path", path), content);
    }

    /// 204; 413 for a body of more than 100 MiB.
    private static Reply whole(Call call, InputStream body, Target target) throws IOException {
        if (call.length() > FileRoutes.WHOLE_LIMIT) throw new ApiException(Limited.tooLarge());
        return form(call, new Limited(body, FileRoutes.WHOLE_LIMIT), target);
    }

    /// 204.
    private static Reply streamed(Call call, InputStream body, Target target) throws IOException {
        return form(call, body, target);
    }

    private static Reply form(Call call, InputStream body, Target target) throws IOException {
        var form = new Multipart(call.contentType(), body);
        try (var upload = new FormUpload(target)) {
            upload.run(form);
        }
        return Reply.noContent();
    }

    /// 200 with what was unpacked. The folder is in the query: the body is the tar and nothing
    /// else.
    private static Reply archive(Call call, InputStream body, Target target) throws IOException {
        var path = call.query("path").orElse("");
        try (var sink = target.open(path, FileContent.ARCHIVE)) {
            new Copier().copy(body, sink);
            var done = sink.finish();
            var json = new LinkedHashMap<String, Object>();
            json.put("files", done.files());
            json.put("folders", done.folders());
            json.put("links", done.links());
            json.put("bytes", done.bytes());
            return Reply.ok(json);
        }
    }
}
