package dev.wrenn.tests.system;

import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/// One connection to the API's port that asks for a port of a capsule, byte by byte: names below
/// `localhost` are not known to every machine.
final class PortClient implements AutoCloseable {
    private static final int PATIENCE_MS = 90_000;

    private final Socket socket;
    private final InputStream in;
    private final String host;

    /// @param head status line and headers
    record Answer(int status, String head, String body) {}

    PortClient(URI api, String host) throws IOException {
        this.socket = new Socket(api.getHost(), api.getPort());
        this.host = host;
        socket.setSoTimeout(PATIENCE_MS);
        in = new BufferedInputStream(socket.getInputStream());
    }

    InputStream in() {
        return in;
    }

    /// Sends a request without a body.
    PortClient ask(String method, String target, String... headers) throws IOException {
        var text = new StringBuilder(method + " " + target + " HTTP/1.1\r\nHost: " + host + "\r\n");
        for (var header : headers) text.append(header).append("\r\n");
        return send((text + "\r\n").getBytes(StandardCharsets.ISO_8859_1));
    }

    PortClient send(byte[] bytes) throws IOException {
        socket.getOutputStream().write(bytes);
        return this;
    }

    Answer head() throws IOException {
        var head = new ByteArrayOutputStream();
        while (!head.toString(StandardCharsets.ISO_8859_1).endsWith("\r\n\r\n")) {
            int next = in.read();
            if (next < 0) throw new IOException("ended: " + head);
            head.write(next);
        }
        var text = head.toString(StandardCharsets.ISO_8859_1);
        return new Answer(Integer.parseInt(text.substring(9, 12)), text, "");
    }

    /// An answer with a length.
    Answer answer() throws IOException {
        var head = head();
        int length =
                Arrays.stream(head.head().split("\r\n"))
                        .filter(line -> line.toLowerCase().startsWith("content-length:"))
                        .mapToInt(line -> Integer.parseInt(line.substring(15).strip()))
                        .findFirst()
                        .orElse(0);
        var body = new String(in.readNBytes(length), StandardCharsets.UTF_8);
        return new Answer(head.status(), head.head(), body);
    }

    @Override
    public void close() throws IOException {
        socket.close();
    }
}
