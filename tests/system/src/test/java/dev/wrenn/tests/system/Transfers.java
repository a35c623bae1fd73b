package dev.wrenn.tests.system;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.SequenceInputStream;
import java.io.UncheckedIOException;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublisher;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.util.Collections;
import java.util.HexFormat;
import java.util.List;
import java.util.SplittableRandom;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/// Contents of files over the public API, of any size.
record Transfers(Api api, String id) {
    private static final HttpClient HTTP =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
    private static final Duration LIMIT = Duration.ofMinutes(30); // a GiB on a loaded machine
    private static final String EDGE = "7fK2w9";

    /// An answer; `code` is that of the error envelope, empty without one.
    record Outcome(int status, String code) {}

    String route(String name) {
        return "/v1/capsules/" + id + "/files/" + name;
    }

    Api.Reply ask(String name, String path) {
        return api.post(route(name), path(path));
    }

    static String path(String path) {
        return JsonMapper.shared().createObjectNode().put("path", path).toString();
    }

    static String head(String path) {
        return part("path") + path + "\r\n" + part("file");
    }

    private static String part(String name) {
        return "--" + EDGE + "\r\nContent-Disposition: form-data; name=\"" + name + "\"\r\n\r\n";
    }

    static String contentType() {
        return "multipart/form-data; boundary=" + EDGE;
    }

    /// @param name `write` or `stream/write`
    Outcome write(String name, String path, InputStream content) {
        var body =
                BodyPublishers.ofInputStream(() ->
                        new SequenceInputStream(
                                Collections.enumeration(
                                        List.of(
                                                bytes(head(path)),
                                                content,
                                                bytes("\r\n--" + EDGE + "--\r\n")))));
        return outcome(send(name, contentType(), body));
    }

    Outcome unpack(String path, InputStream tar) {
        return outcome(
                send(
                        "archive/write?path=" + path,
                        "application/x-tar",
                        BodyPublishers.ofInputStream(() -> tar)));
    }

    /// Reads all of it.
    ///
    /// @param digest takes the bytes
    /// @return their number
    long read(String name, String path, MessageDigest digest) {
        var response = send(name, "application/json", BodyPublishers.ofString(path(path)));
        assertThat(response.statusCode()).isEqualTo(200);
        try (var in = response.body()) {
            var chunk = new byte[256 << 10];
            long count = 0;
            for (int n = in.read(chunk); n >= 0; n = in.read(chunk)) {
                digest.update(chunk, 0, n);
                count += n;
            }
            return count;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static Outcome outcome(HttpResponse<InputStream> response) {
        try (var in = response.body()) {
            var text = in.readAllBytes();
            JsonNode json =
                    text.length == 0
                            ? JsonMapper.shared().createObjectNode()
                            : JsonMapper.shared().readTree(text);
            return new Outcome(response.statusCode(), json.at("/error/code").asString(""));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private HttpResponse<InputStream> send(String name, String type, BodyPublisher body) {
        var request =
                HttpRequest.newBuilder(api.base().resolve(route(name)))
                        .timeout(LIMIT)
                        .header("X-API-Key", api.key())
                        .header("Content-Type", type)
                        .POST(body)
                        .build();
        try {
            return HTTP.send(request, BodyHandlers.ofInputStream());
        } catch (IOException e) {
            throw new UncheckedIOException(name, e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new AssertionError("interrupted", e);
        }
    }

    static InputStream bytes(String text) {
        return new ByteArrayInputStream(text.getBytes(StandardCharsets.UTF_8));
    }

    static MessageDigest sha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new AssertionError(e); // every JDK has it
        }
    }

    static String hex(MessageDigest digest) {
        return HexFormat.of().formatHex(digest.digest());
    }

    /// So many bytes that compress badly; the same for the same count.
    ///
    /// @param digest takes them as they are read
    static InputStream noise(long count, MessageDigest digest) {
        var block = new byte[1 << 20];
        new SplittableRandom(count).nextBytes(block);
        return new InputStream() {
            private long at;

            @Override
            public int read() {
                var one = new byte[1];
                return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
            }

            @Override
            public int read(byte[] target, int offset, int length) {
                if (at == count) return -1;
                int from = (int) (at % block.length);
                int n = (int) Math.min(Math.min(length, block.length - from), count - at);
                // Each block begins with its number.
                if (from == 0) block[(int) (at / block.length % 256)]++;
                System.arraycopy(block, from, target, offset, n);
                digest.update(target, offset, n);
                at += n;
                return n;
            }
        };
    }
}
