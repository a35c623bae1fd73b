package dev.wrenn.cli.client;

import dev.wrenn.cli.CommandFailure;
import java.io.IOException;
import java.io.InputStream;
import java.io.PipedInputStream;
import java.io.PipedOutputStream;
import java.io.SequenceInputStream;
import java.net.URI;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublisher;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.function.Supplier;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.JsonNodeFactory;

/// Files of capsules over the REST API. Bytes pass through; nothing is held whole.
final class FilesApi {
    private static final int PIPE = 256 << 10;
    private static final String JSON = "application/json";

    private final Api api;

    FilesApi(Api api) {
        this.api = api;
    }

    /// @return the entry; empty when there is nothing
    Optional<JsonNode> stat(CapsulePath place) {
        try {
            return Optional.of(api.post(route(place, "stat"), path(place)).json().path("entry"));
        } catch (CommandFailure e) {
            if (String.valueOf(e.getMessage()).startsWith("not_found: ") && isThere(place.id()))
                return Optional.empty();
            throw e;
        }
    }

    private boolean isThere(String id) {
        api.get("/v1/capsules/" + id); // or says that it is not
        return true;
    }

    Api.Answer list(CapsulePath place, int depth) {
        return api.post(route(place, "list"), path(place).put("depth", depth));
    }

    void upload(Path file, CapsulePath to, Meter meter) {
        var boundary = "wrenn-" + UUID.randomUUID();
        var head = part(boundary, "path", "") + to.path() + "\r\n";
        head += part(boundary, "file", "; filename=\"upload.bin\"");
        var before = head;
        Supplier<InputStream> body =
                () -> {
                    try {
                        return new SequenceInputStream(
                                Collections.enumeration(
                                        List.of(
                                                bytes(before),
                                                meter.count(Files.newInputStream(file)),
                                                bytes("\r\n--" + boundary + "--\r\n"))));
                    } catch (IOException e) {
                        throw unreadable(file, e);
                    }
                };
        send(
                route(to, "stream/write"),
                "multipart/form-data; boundary=" + boundary,
                BodyPublishers.ofInputStream(body),
                this::checked);
    }

    void uploadFolder(Path folder, CapsulePath to, Meter meter) {
        var packing = new CompletableFuture<Void>();
        Supplier<InputStream> body =
                () -> {
                    var in = new PipedInputStream(PIPE);
                    // Connected before anybody reads.
                    var out = connected(in);
                    Thread.ofVirtual()
                            .name("pack")
                            .start(() -> {
                                try (out) {
                                    Tar.pack(folder, out);
                                    packing.complete(null);
                                } catch (IOException | RuntimeException e) {
                                    packing.completeExceptionally(e);
                                }
                            });
                    return meter.count(new PackedStream(in, packing));
                };
        var query = "?path=" + CapsuleCommand.segment(to.path());
        send(
                route(to, "archive/write") + query,
                "application/x-tar",
                BodyPublishers.ofInputStream(body),
                this::checked);
    }

    private static PipedOutputStream connected(PipedInputStream in) {
        try {
            return new PipedOutputStream(in);
        } catch (IOException e) {
            throw new CommandFailure("no pipe: " + e.getMessage(), e); // it is a new one
        }
    }

    /// Gives the bytes of a file to `reader`.
    void download(CapsulePath from, Reader reader) {
        fetch(from, "stream/read", reader);
    }

    /// Gives the tar of a folder to `reader`.
    void downloadFolder(CapsulePath from, Reader reader) {
        fetch(from, "archive/read", reader);
    }

    /// Takes a body as it comes.
    interface Reader {
        void read(InputStream body) throws IOException;
    }

    private void fetch(CapsulePath from, String name, Reader reader) {
        var body = BodyPublishers.ofString(path(from).toString());
        send(
                route(from, name),
                JSON,
                body,
                response -> {
                    if (response.statusCode() / 100 != 2) {
                        checked(response);
                        return;
                    }
                    try (var in = response.body()) {
                        reader.read(in);
                    }
                });
    }

    private interface Taker {
        void take(HttpResponse<InputStream> response) throws IOException;
    }

    private void send(String route, String type, BodyPublisher body, Taker taker) {
        var request =
                HttpRequest.newBuilder(URI.create(api.address() + route))
                        .header("X-API-Key", api.key())
                        .header("Content-Type", type)
                        .POST(body)
                        .build();
        try {
            taker.take(api.http().send(request, BodyHandlers.ofInputStream()));
        } catch (IOException e) {
            for (Throwable t = e; t != null; t = t.getCause())
                if (t instanceof CommandFailure known) throw known;
            throw api.unreachable(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new CommandFailure("interrupted", e);
        }
    }

    private void checked(HttpResponse<InputStream> response) throws IOException {
        try (var in = response.body()) {
            var text = new String(in.readAllBytes(), StandardCharsets.UTF_8);
            if (response.statusCode() / 100 != 2) throw Api.refused(response.statusCode(), text);
        }
    }

    private static String route(CapsulePath place, String name) {
        return "/v1/capsules/" + place.id() + "/files/" + name;
    }

    private static tools.jackson.databind.node.ObjectNode path(CapsulePath place) {
        return JsonNodeFactory.instance.objectNode().put("path", place.path());
    }

    private static String part(String boundary, String name, String more) {
        return "--"
                + boundary
                + "\r\nContent-Disposition: form-data; name=\""
                + name
                + "\""
                + more
                + "\r\n\r\n";
    }

    private static InputStream bytes(String text) {
        return new java.io.ByteArrayInputStream(text.getBytes(StandardCharsets.UTF_8));
    }

    static CommandFailure unreadable(Path file, IOException e) {
        return new CommandFailure(file + ": cannot be read: " + e.getMessage(), e);
    }

    /// A tar whose end is only one when the packing ended well.
    private static final class PackedStream extends java.io.FilterInputStream {
        private final CompletableFuture<Void> packing;

        PackedStream(InputStream in, CompletableFuture<Void> packing) {
            super(in);
            this.packing = packing;
        }

        @Override
        public int read(byte[] target, int offset, int length) throws IOException {
            int n = super.read(target, offset, length);
            if (n >= 0) return n;
            try {
                packing.join();
                return -1;
            } catch (CompletionException e) {
                throw new IOException("the folder cannot be packed: " + e.getCause(), e);
            }
        }
    }
}
