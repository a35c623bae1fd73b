package dev.wrenn.tests.system;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/// The guest agent as its protocol says it: nothing of Wrenn's own code, so that client and server
/// cannot be wrong together.
///
/// @param base such as `http://10.11.0.1:49983`
/// @param token of the guest
record RawEnvd(String base, String token, HttpClient http) {
    static final RawEnvd NONE = new RawEnvd("", "", HttpClient.newHttpClient());

    private static final int END = 2; // flag of the last frame

    RawEnvd(String base, String token) {
        this(base, token, HttpClient.newHttpClient());
    }

    HttpResponse<byte[]> get(String path) {
        return send(request(path).GET().build(), BodyHandlers.ofByteArray());
    }

    HttpResponse<byte[]> post(String path, String type, String body) {
        var request =
                request(path).header("Content-Type", type).POST(BodyPublishers.ofString(body));
        return send(request.build(), BodyHandlers.ofByteArray());
    }

    /// A unary call that succeeds.
    JsonNode call(String method, String json) {
        var answer = unary(method, json);
        assertThat(answer.statusCode()).as("%s: %s", method, json(answer)).isEqualTo(200);
        return json(answer);
    }

    void refused(String method, String json, int status, String code) {
        var answer = unary(method, json);
        assertThat(answer.statusCode()).as("%s: %s", method, json(answer)).isEqualTo(status);
        assertThat(json(answer).path("code").asString()).isEqualTo(code);
    }

    private HttpResponse<byte[]> unary(String method, String json) {
        var request =
                request("/" + method)
                        .header("Content-Type", "application/json")
                        .header("Connect-Protocol-Version", "1")
                        .POST(BodyPublishers.ofString(json));
        return send(request.build(), BodyHandlers.ofByteArray());
    }

    /// A call that answers with a stream.
    Events stream(String method, String json) throws IOException {
        var frame = new ByteArrayOutputStream();
        var out = new DataOutputStream(frame);
        var body = json.getBytes(UTF_8);
        out.writeByte(0);
        out.writeInt(body.length);
        out.write(body);
        var request =
                request("/" + method)
                        .header("Content-Type", "application/connect+json")
                        .header("Connect-Protocol-Version", "1")
                        .POST(BodyPublishers.ofByteArray(frame.toByteArray()));
        var answer = send(request.build(), BodyHandlers.ofInputStream());
        assertThat(answer.statusCode()).as(method).isEqualTo(200);
        return new Events(new DataInputStream(answer.body()));
    }

    /// The frames of a stream: a byte of flags, the length in 32 bits, JSON.
    record Events(DataInputStream in) implements AutoCloseable {
        /// The next message; keep-alives are passed over.
        JsonNode next() throws IOException {
            while (true) {
                int flags = in.readUnsignedByte();
                var json = JsonMapper.shared().readTree(in.readNBytes(in.readInt()));
                assertThat(flags).as("flags of %s", json).isZero();
                if (!json.has("keepalive") && !json.path("event").has("keepalive")) return json;
            }
        }

        /// What ends the stream.
        JsonNode trailer() throws IOException {
            assertThat(in.readUnsignedByte()).isEqualTo(END);
            return JsonMapper.shared().readTree(in.readNBytes(in.readInt()));
        }

        @Override
        public void close() throws IOException {
            in.close();
        }
    }

    static JsonNode json(HttpResponse<byte[]> answer) {
        return JsonMapper.shared().readTree(answer.body());
    }

    private HttpRequest.Builder request(String path) {
        return HttpRequest.newBuilder(URI.create(base + path))
                .timeout(Api.LIMIT)
                .header("X-Access-Token", token);
    }

    private <T> HttpResponse<T> send(HttpRequest request, HttpResponse.BodyHandler<T> handler) {
        try {
            return http.send(request, handler);
        } catch (IOException e) {
            throw new UncheckedIOException(request.uri().toString(), e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new AssertionError("interrupted", e);
        }
    }
}
