package dev.wrenn.control.server;

import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.Optional;

/// An HTTP client that sends exactly what it is told to, over one connection.
final class RawClient implements AutoCloseable {
    private static final int PATIENCE_MS = 30_000;

    private final Socket socket;
    private final InputStream in;

    /// @param head status line and headers
    record Answer(int status, String head, String body) {
        Optional<String> header(String name) {
            return head.lines()
                    .filter(line -> line.toLowerCase().startsWith(name.toLowerCase() + ":"))
                    .map(line -> line.substring(name.length() + 1).strip())
                    .findFirst();
        }
    }

    RawClient(int port) throws IOException {
        socket = new Socket("127.0.0.1", port);
        socket.setSoTimeout(PATIENCE_MS);
        in = new BufferedInputStream(socket.getInputStream());
    }

    InputStream in() {
        return in;
    }

    OutputStream out() throws IOException {
        return socket.getOutputStream();
    }

    RawClient send(String text) throws IOException {
        socket.getOutputStream().write(text.getBytes(StandardCharsets.UTF_8));
        return this;
    }

    /// Status line and headers only.
    Answer head() throws IOException {
        var head = GuestServer.head(in);
        if (head.isEmpty()) throw new IOException("the connection ended");
        return new Answer(Integer.parseInt(head.substring(9, 12)), head, "");
    }

    /// An answer with a length.
    Answer answer() throws IOException {
        var head = head();
        int length = head.header("Content-Length").map(Integer::parseInt).orElse(0);
        var body = new String(in.readNBytes(length), StandardCharsets.UTF_8);
        return new Answer(head.status(), head.head(), body);
    }

    void endOutput() throws IOException {
        socket.shutdownOutput();
    }

    @Override
    public void close() throws IOException {
        socket.close();
    }
}
