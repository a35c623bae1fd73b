package dev.wrenn.control.hostlink;

import dev.wrenn.common.connect.Code;
import dev.wrenn.common.connect.ConnectException;
import dev.wrenn.common.connect.PlainCall;
import dev.wrenn.contracts.hostagent.v1.*;
import io.javalin.config.JavalinConfig;
import io.javalin.http.Context;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.time.Duration;
import java.util.Arrays;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Predicate;

/// The files of all capsules of a fake host: flat, in memory, with a few paths that behave badly.
/// `/folder` and what was made are folders; `/zeros/N` has N bytes, `/broken` breaks off after 1
/// MiB, `/secret` is not allowed, `/full…` finds no room after 1 MiB, `/gone` finds no guest.
public final class FakeFiles {
    private static final int CHUNK = 64 << 10;
    private static final int KEPT = 4 << 20; // of each file; of larger ones only the size

    private final Predicate<String> runs;
    private final Map<String, byte[]> files = new ConcurrentSkipListMap<>();
    private final Map<String, Long> sizes = new ConcurrentHashMap<>();
    private final Set<String> folders = ConcurrentHashMap.newKeySet();
    private final AtomicInteger under = new AtomicInteger();

    FakeFiles(Predicate<String> runs) {
        this.runs = runs;
        folders.add("/folder");
    }

    /// What was written there, at most 4 MiB of it; null when nothing was.
    public byte[] content(String path) {
        return files.get(path);
    }

    /// Bytes written there; 0 when nothing was.
    public long size(String path) {
        return sizes.getOrDefault(path, 0L);
    }

    /// Uploads under way.
    public int under() {
        return under.get();
    }

    void install(JavalinConfig config) {
        config.routes.get("/files/{id}", http -> serve(http, this::read));
        config.routes.post("/files/{id}", http -> serve(http, this::write));
        config.routes.get("/files/{id}/archive", http -> serve(http, this::read));
        config.routes.post("/files/{id}/archive", http -> serve(http, this::write));
    }

    private interface Transfer {
        void run(String path, Context http) throws IOException;
    }

    private void serve(Context http, Transfer transfer) {
        try (var call = new PlainCall(http.req(), http.res(), Duration.ofMinutes(1))) {
            try {
                checkRuns(http.pathParam("id"));
                transfer.run(http.queryParam("path"), http);
            } catch (ConnectException e) {
                call.refuse(e);
            } catch (IOException e) {
                call.breakOff(e);
            }
        }
    }

    private void checkRuns(String id) {
        if (!runs.test(id)) throw new ConnectException(Code.FAILED_PRECONDITION, "not running");
    }

    private void read(String path, Context http) throws IOException {
        check(path);
        if (folders.contains(path) && !http.path().endsWith("/archive"))
            throw new ConnectException(Code.INVALID_ARGUMENT, path + ": is a folder");
        var out = http.res().getOutputStream();
        if (path.equals("/broken")) {
            for (int i = 0; i < 16; i++) out.write(new byte[CHUNK]);
            throw new IOException("as asked for");
        }
        if (path.startsWith("/zeros/")) {
            long left = Long.parseLong(path.substring("/zeros/".length()));
            http.res().setContentLengthLong(left);
            for (; left > 0; left -= CHUNK)
                out.write(new byte[CHUNK], 0, (int) Math.min(left, CHUNK));
            out.close();
            return;
        }
        var bytes = files.get(path);
        if (bytes == null) throw missing(path);
        http.res().setContentLengthLong(bytes.length);
        out.write(bytes);
        out.close();
    }

    private void write(String path, Context http) throws IOException {
        check(path);
        boolean archive = http.path().endsWith("/archive");
        if (folders.contains(path) && !archive)
            throw new ConnectException(Code.INVALID_ARGUMENT, path + ": is a folder");
        under.incrementAndGet();
        try {
            var kept = new ByteArrayOutputStream();
            long size = 0;
            var in = http.req().getInputStream();
            var chunk = new byte[CHUNK];
            for (int n = in.read(chunk); n >= 0; n = in.read(chunk)) {
                if (size < KEPT) kept.write(chunk, 0, n);
                size += n;
                if (path.startsWith("/full") && size > 1 << 20)
                    throw new ConnectException(
                            Code.RESOURCE_EXHAUSTED, "no space left on the disk");
            }
            files.put(path, kept.toByteArray());
            sizes.put(path, size);
            http.result(
                    UnpackedArchive.newBuilder().setFiles(1).setBytes(size).build().toByteArray());
        } finally {
            under.decrementAndGet();
        }
    }

    StatPathResponse stat(StatPathRequest q) {
        checkRuns(q.getSandboxId());
        check(q.getPath());
        return StatPathResponse.newBuilder().setEntry(entry(q.getPath())).build();
    }

    ListDirResponse list(ListDirRequest q) {
        checkRuns(q.getSandboxId());
        check(q.getPath());
        if (files.containsKey(q.getPath()))
            throw new ConnectException(Code.INVALID_ARGUMENT, q.getPath() + ": not a folder");
        if (!folders.contains(q.getPath())) throw missing(q.getPath());
        var answer = ListDirResponse.newBuilder();
        for (var path : files.keySet())
            if (path.startsWith(q.getPath() + "/")
                    && depth(path) - depth(q.getPath()) <= q.getDepth())
                answer.addEntries(entry(path));
        return answer.build();
    }

    MakeDirResponse make(MakeDirRequest q) {
        checkRuns(q.getSandboxId());
        check(q.getPath());
        if (files.containsKey(q.getPath()))
            throw new ConnectException(Code.INVALID_ARGUMENT, q.getPath() + ": not a folder");
        if (!folders.add(q.getPath()))
            throw new ConnectException(Code.ALREADY_EXISTS, q.getPath() + ": exists already");
        return MakeDirResponse.newBuilder().setEntry(entry(q.getPath())).build();
    }

    RemovePathResponse remove(RemovePathRequest q) {
        checkRuns(q.getSandboxId());
        check(q.getPath());
        if (files.remove(q.getPath()) == null && !folders.remove(q.getPath()))
            throw missing(q.getPath());
        return RemovePathResponse.getDefaultInstance();
    }

    RenamePathResponse rename(RenamePathRequest q) {
        checkRuns(q.getSandboxId());
        if (files.containsKey(q.getDestination()))
            throw new ConnectException(
                    Code.ALREADY_EXISTS, q.getDestination() + ": exists already");
        var bytes = files.remove(q.getSource());
        if (bytes == null) throw missing(q.getSource());
        files.put(q.getDestination(), bytes);
        return RenamePathResponse.newBuilder().setEntry(entry(q.getDestination())).build();
    }

    private static void check(String path) {
        if (path.equals("/secret"))
            throw new ConnectException(Code.PERMISSION_DENIED, path + ": permission denied");
        if (path.equals("/gone"))
            throw new ConnectException(Code.UNAVAILABLE, "guest not answering");
    }

    private static ConnectException missing(String path) {
        return new ConnectException(Code.NOT_FOUND, path + ": no such file or folder");
    }

    private static long depth(String path) {
        return path.chars().filter(c -> c == '/').count();
    }

    private FileEntry entry(String path) {
        boolean folder = folders.contains(path);
        var bytes = files.get(path);
        if (!folder && bytes == null) throw missing(path);
        var entry =
                FileEntry.newBuilder()
                        .setName(path.substring(path.lastIndexOf('/') + 1))
                        .setPath(path)
                        .setType(folder ? FileEntry.Type.TYPE_DIRECTORY : FileEntry.Type.TYPE_FILE)
                        .setSize(folder ? 4096 : bytes.length)
                        .setMode(folder ? 0755 : 0644)
                        .setPermissions(folder ? "drwxr-xr-x" : "-rw-r--r--")
                        .setOwner("root")
                        .setGroup("root")
                        .setModifiedAtUnix(1_767_225_600);
        if (path.endsWith("-link")) {
            entry.setType(FileEntry.Type.TYPE_SYMLINK).setSymlinkTarget("/nowhere");
        }
        return entry.build();
    }

    /// Whether all of `bytes` is zero.
    public static boolean isZero(byte[] bytes) {
        return Arrays.equals(bytes, new byte[bytes.length]);
    }
}
