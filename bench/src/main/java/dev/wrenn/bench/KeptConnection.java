package dev.wrenn.bench;

import java.io.IOException;
import java.io.InputStream;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.Locale;

/// One kept HTTP/1.1 connection that asks for the same page again and again, with as little work as
/// can be: what asks must not be what is measured.
final class KeptConnection implements AutoCloseable {
    private static final int LIMIT_MS = 60_000;
    private static final String LENGTH = "content-length: ";
    private static final String CHUNKED = "transfer-encoding: chunked";
    private static final String LAST = "0\r\n\r\n"; // chunk

    private final Socket socket = new Socket();
    private final InputStream in;
    private final byte[] request;
    private final byte[] buffer = new byte[16 << 10];
    private String rest = ""; // of the body, read with the head

    /// @param host the name that is asked for
    /// @param path that is asked for
    /// @param more header lines, each with its line end
    KeptConnection(InetSocketAddress address, String host, String path, String more)
            throws IOException {
        socket.setTcpNoDelay(true);
        socket.connect(address, LIMIT_MS);
        socket.setSoTimeout(LIMIT_MS);
        in = socket.getInputStream();
        request =
                ("GET " + path + " HTTP/1.1\r\nHost: " + host + "\r\n" + more + "\r\n")
                        .getBytes(StandardCharsets.US_ASCII);
    }

    /// Asks and reads the whole answer; it must be a page.
    void exchange() {
        var head = ask();
        if (!head.startsWith("HTTP/1.1 200 ")) throw new BenchException("page: " + head);
        var names = head.toLowerCase(Locale.ROOT);
        int at = names.indexOf(LENGTH);
        if (at >= 0) {
            int end = head.indexOf('\r', at);
            body(Integer.parseInt(head.substring(at + LENGTH.length(), end).strip()));
        } else if (names.contains(CHUNKED)) {
            chunks();
        } else {
            throw new BenchException("page without length: " + head);
        }
    }

    /// Asks for another protocol; the connection stays open.
    void upgrade() {
        var head = ask();
        if (!head.startsWith("HTTP/1.1 101 ")) throw new BenchException("upgrade: " + head);
    }

    /// @return the answer's head
    private String ask() {
        try {
            socket.getOutputStream().write(request);
            int filled = 0;
            while (true) {
                int n = in.read(buffer, filled, buffer.length - filled);
                if (n <= 0) throw new BenchException("the connection ends after " + filled);
                filled += n;
                var text = new String(buffer, 0, filled, StandardCharsets.ISO_8859_1);
                int end = text.indexOf("\r\n\r\n");
                if (end >= 0) {
                    rest = text.substring(end + 4);
                    return text.substring(0, end + 2);
                }
            }
        } catch (IOException e) {
            throw new BenchException("page: " + e.getMessage(), e);
        }
    }

    private void body(int length) {
        try {
            for (int left = length - rest.length(); left > 0; ) {
                int n = in.read(buffer, 0, Math.min(left, buffer.length));
                if (n <= 0) throw new BenchException("the page ends " + left + " bytes early");
                left -= n;
            }
        } catch (IOException e) {
            throw new BenchException("page: " + e.getMessage(), e);
        }
    }

    // The last chunk is looked for at the end of what came: the pages asked for are JSON, in which
    // its bytes cannot stand, and nothing follows it before the next request.
    private void chunks() {
        try {
            var tail = rest;
            while (!tail.endsWith(LAST)) {
                int n = in.read(buffer, 0, buffer.length);
                if (n <= 0) throw new BenchException("the page ends without its last chunk");
                tail += text(Math.max(0, n - LAST.length()), n);
            }
        } catch (IOException e) {
            throw new BenchException("page: " + e.getMessage(), e);
        }
    }

    private String text(int from, int to) {
        return new String(buffer, from, to - from, StandardCharsets.ISO_8859_1);
    }

    @Override
    public void close() {
        try {
            socket.close();
        } catch (IOException e) {
            throw new BenchException("page: " + e.getMessage(), e);
        }
    }
}
