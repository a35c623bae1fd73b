package dev.wrenn.host.agent;

import dev.wrenn.common.connect.ConnectException;
import dev.wrenn.common.connect.PlainCall;
import dev.wrenn.contracts.hostagent.v1.UnpackedArchive;
import dev.wrenn.host.capsule.Capsules;
import dev.wrenn.host.guest.FileException;
import dev.wrenn.host.guest.FileSink;
import dev.wrenn.host.guest.FileSource;
import dev.wrenn.host.guest.GuestFiles;
import io.javalin.config.JavalinConfig;
import io.javalin.http.Context;
import java.io.IOException;
import java.io.InputStream;
import java.time.Duration;
import java.util.function.BiFunction;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Contents of files: plain bodies, because a body is a stream with flow control, an end, and
/// nothing in between. Bytes pass through two arrays per transfer.
final class FileBodies {
    private static final Logger LOG = LoggerFactory.getLogger(FileBodies.class);
    private static final int CHUNK = 256 << 10;
    // Longer than the control plane waits for its own clients: it is the one that knows them.
    private static final Duration IDLE = Duration.ofMinutes(15);
    private static final String BYTES = "application/octet-stream";
    private static final String TAR = "application/x-tar";

    private final Capsules capsules;

    FileBodies(Capsules capsules) {
        this.capsules = capsules;
    }

    void install(JavalinConfig config) {
        config.routes.get("/files/{id}", http -> serve(http, download(BYTES, GuestFiles::read)));
        config.routes.post("/files/{id}", http -> serve(http, upload(GuestFiles::write)));
        config.routes.get(
                "/files/{id}/archive", http -> serve(http, download(TAR, GuestFiles::pack)));
        config.routes.post("/files/{id}/archive", http -> serve(http, upload(GuestFiles::unpack)));
    }

    private interface Transfer {
        void run(GuestFiles files, String path, Context http) throws IOException;
    }

    private void serve(Context http, Transfer transfer) {
        try (var call = new PlainCall(http.req(), http.res(), IDLE)) {
            try {
                AgentServer.check(call.peer());
                try (var access = Guests.access(capsules, http.pathParam("id"))) {
                    var path = http.queryParam("path");
                    transfer.run(access.guest().files(), path == null ? "" : path, http);
                }
            } catch (FileException e) {
                call.refuse(Faults.file(e));
            } catch (ConnectException e) {
                call.refuse(e);
            } catch (IOException e) {
                LOG.atDebug().setCause(e).log("the caller broke a transfer off");
                call.breakOff(e);
            } catch (RuntimeException e) {
                call.refuse(AgentServer.unexpected(e));
            }
        }
    }

    private static Transfer download(String type, BiFunction<GuestFiles, String, FileSource> open) {
        return (files, path, http) -> {
            try (var source = open.apply(files, path)) {
                http.res().setContentType(type);
                http.res().setBufferSize(CHUNK); // it writes arrays in pieces of this size
                source.length().ifPresent(http.res()::setContentLengthLong);
                var out = http.res().getOutputStream();
                var chunk = new byte[CHUNK];
                for (int n = source.fill(chunk); n > 0; n = source.fill(chunk))
                    out.write(chunk, 0, n);
                out.close();
            }
        };
    }

    /// Reads what is there, at least one byte: one packet to the guest for many records of TLS.
    ///
    /// @return -1 at the end
    private static int fill(InputStream in, byte[] space) throws IOException {
        int n = in.read(space);
        while (n > 0 && n < space.length && in.available() > 0) {
            int more = in.read(space, n, space.length - n);
            if (more < 0) break; // the next call says it again
            n += more;
        }
        return n;
    }

    /// While one array is on its way to the guest, the other is filled.
    private static Transfer upload(BiFunction<GuestFiles, String, FileSink> open) {
        return (files, path, http) -> {
            try (var sink = open.apply(files, path)) {
                var in = http.req().getInputStream();
                var filled = new byte[CHUNK];
                var other = new byte[CHUNK];
                for (int n = fill(in, filled); n >= 0; n = fill(in, filled)) {
                    sink.write(filled, 0, n);
                    var next = other;
                    other = filled;
                    filled = next;
                }
                var done = sink.finish();
                http.contentType("application/proto");
                http.result(
                        UnpackedArchive.newBuilder()
                                .setFiles(done.files())
                                .setFolders(done.folders())
                                .setLinks(done.links())
                                .setBytes(done.bytes())
                                .build()
                                .toByteArray());
            }
        };
    }
}
