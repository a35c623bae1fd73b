package dev.wrenn.control.server;

import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;

/// A server inside a capsule, as far as a test is concerned: gets heads as text, answers bytes.
final class GuestServer implements AutoCloseable {
    private final ServerSocket socket;
    private final Handler handler;

    /// Answers one request of a connection.
    interface Handler {
        /// @return false: the connection is over
        boolean handle(String head, InputStream in, OutputStream out) throws IOException;
    }

    GuestServer(Handler handler) throws IOException {
        this.socket = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
        this.handler = handler;
        Thread.ofVirtual().start(this::accept);
    }

    int port() {
        return socket.getLocalPort();
    }

    private void accept() {
        try {
            while (true) {
                var client = socket.accept();
                Thread.ofVirtual().start(() -> serve(client));
            }
        } catch (IOException e) {
            // closed
        }
    }

    private void serve(Socket client) {
        try (client) {
            var in = new BufferedInputStream(client.getInputStream());
            var out = new BufferedOutputStream(client.getOutputStream());
            while (true) {
                var head = head(in);
                if (head.isEmpty()) return;
                boolean more = handler.handle(head, in, out);
                out.flush();
                if (!more) return;
            }
        } catch (IOException e) {
            // the client left
        }
    }

    /// Everything up to the empty line; empty at the end of the connection.
    static String head(InputStream in) throws IOException {
        var head = new ByteArrayOutputStream();
        while (true) {
            int next = in.read();
            if (next < 0) return "";
            head.write(next);
            var text = head.toString(StandardCharsets.ISO_8859_1);
            if (text.endsWith("\r\n\r\n")) return text;
        }
    }

    /// A whole answer with a length.
    static void answer(OutputStream out, String status, String headers, String body)
            throws IOException {
        var bytes = body.getBytes(StandardCharsets.UTF_8);
        write(
                out,
                "HTTP/1.1 "
                        + status
                        + "\r\n"
                        + headers
                        + "Content-Length: "
                        + bytes.length
                        + "\r\n\r\n"
                        + body);
    }

    static void write(OutputStream out, String text) throws IOException {
        out.write(text.getBytes(StandardCharsets.UTF_8));
        out.flush();
    }

    @Override
    public void close() throws IOException {
        socket.close();
    }
}
