package dev.wrenn.bench;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.SequenceInputStream;
import java.io.UncheckedIOException;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.Collections;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveOutputStream;
import org.eclipse.jetty.client.InputStreamRequestContent;
import org.eclipse.jetty.client.InputStreamResponseListener;
import org.eclipse.jetty.client.Request;
import org.eclipse.jetty.client.StringRequestContent;
import org.eclipse.jetty.io.ByteBufferPool;
import tools.jackson.databind.json.JsonMapper;

/// Files of a capsule over the public API.
final class Transfers {
    private static final int CHUNK = 256 << 10;
    private static final ByteBufferPool.Sized PIECES =
            new ByteBufferPool.Sized(ByteBufferPool.NON_POOLING, false, CHUNK);
    private static final int LIMIT_MINUTES = 10;
    private static final String EDGE = "s8Qd0x";
    private static final byte[] NOISE = new byte[CHUNK];

    static {
        new SplittableRandom(1).nextBytes(NOISE);
    }

    private final Api api;
    private final String id;

    Transfers(Api api, String id) {
        this.api = api;
        this.id = id;
    }

    /// Returns when the file is there.
    void upload(String path, long bytes) {
        var body =
                new SequenceInputStream(
                        Collections.enumeration(
                                List.of(
                                        text(part("path") + path + "\r\n" + part("file")),
                                        noise(bytes),
                                        text("\r\n--" + EDGE + "--\r\n"))));
        send(
                post("stream/write")
                        .body(
                                new InputStreamRequestContent(
                                        "multipart/form-data; boundary=" + EDGE, body, PIECES)),
                204);
    }

    /// Returns when all was read.
    void download(String path, long bytes) {
        var body = JsonMapper.shared().createObjectNode().put("path", path).toString();
        var request = post("stream/read").body(new StringRequestContent("application/json", body));
        long read = send(request, 200);
        if (read != bytes) throw new BenchException("download: " + read + " of " + bytes);
    }

    /// Makes so many files of one size in a folder, by one request.
    void unpack(String folder, byte[] tar) {
        var path = URLEncoder.encode(folder, StandardCharsets.UTF_8);
        send(
                post("archive/write?path=" + path)
                        .body(
                                new InputStreamRequestContent(
                                        "application/x-tar",
                                        new ByteArrayInputStream(tar),
                                        PIECES)),
                200);
    }

    /// An archive of files of this size, named by numbers.
    static byte[] tar(int files, int size) {
        var bytes = new ByteArrayOutputStream();
        try (var tar = new TarArchiveOutputStream(bytes)) {
            for (int i = 0; i < files; i++) {
                var entry = new TarArchiveEntry(Integer.toString(i));
                entry.setSize(size);
                tar.putArchiveEntry(entry);
                tar.write(NOISE, 0, size);
                tar.closeArchiveEntry();
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e); // memory does not fail
        }
        return bytes.toByteArray();
    }

    private Request post(String route) {
        return api.post("/v1/capsules/" + id + "/files/" + route);
    }

    /// @return bytes of the answer
    private static long send(Request request, int expected) {
        var listener = new InputStreamResponseListener();
        request.timeout(LIMIT_MINUTES, TimeUnit.MINUTES).send(listener);
        try (var in = listener.getInputStream()) {
            var response = listener.get(LIMIT_MINUTES, TimeUnit.MINUTES);
            if (response.getStatus() != expected)
                throw new BenchException(
                        request.getPath()
                                + ": "
                                + response.getStatus()
                                + " "
                                + new String(in.readNBytes(CHUNK), StandardCharsets.UTF_8));
            return in.transferTo(OutputStream.nullOutputStream());
        } catch (IOException | ExecutionException | TimeoutException e) {
            throw new BenchException(request.getPath() + ": " + e.getMessage(), e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new BenchException("interrupted in " + request.getPath(), e);
        }
    }

    private static String part(String name) {
        return "--" + EDGE + "\r\nContent-Disposition: form-data; name=\"" + name + "\"\r\n\r\n";
    }

    private static InputStream text(String text) {
        return new ByteArrayInputStream(text.getBytes(StandardCharsets.UTF_8));
    }

    /// So many bytes that compress badly.
    private static InputStream noise(long count) {
        return new InputStream() {
            private long left = count;

            @Override
            public int read() {
                return left-- > 0 ? 0 : -1;
            }

            @Override
            public int read(byte[] target, int offset, int length) {
                if (left <= 0) return -1;
                int n = (int) Math.min(Math.min(length, NOISE.length), left);
                System.arraycopy(NOISE, 0, target, offset, n);
                left -= n;
                return n;
            }
        };
    }

    static void write(OutputStream out, long bytes) throws IOException {
        for (long left = bytes; left > 0; left -= Math.min(left, NOISE.length))
            out.write(NOISE, 0, (int) Math.min(left, NOISE.length));
    }
}
