package dev.wrenn.bench;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.util.List;
import java.util.Map;
import tools.jackson.databind.json.JsonMapper;

/// The floor of transfers: what `nc` does, in the guest between a connection and a file, on the
/// host a bare socket. The smallest image has no `nc`; its perl does the same with larger pieces.
final class Netcat {
    private static final int PORT = 7007;
    private static final String LISTEN =
            """
            use Socket;
            socket(L, PF_INET, SOCK_STREAM, 0) or die;
            setsockopt(L, SOL_SOCKET, SO_REUSEADDR, 1) or die;
            bind(L, sockaddr_in(%d, INADDR_ANY)) or die;
            listen(L, 1) or die;
            accept(C, L) or die;
            """
                    .formatted(PORT);
    // A byte comes back when the file is closed.
    private static final String IN =
            """
            open(F, '>', $ARGV[0]) or die;
            while (sysread(C, $b, 262144)) { syswrite(F, $b) == length $b or die }
            close F or die;
            syswrite(C, '.');
            """;
    private static final String OUT =
            """
            open(F, '<', $ARGV[0]) or die;
            while (sysread(F, $b, 262144)) {
              for ($o = 0; $o < length $b; $o += $n) { $n = syswrite(C, $b, 262144, $o) or die }
            }
            """;
    private static final int CONNECT_MS = 1000;
    private static final int TRIES = 200;

    private final Api api;
    private final String id;
    private final String address;

    Netcat(Api api, String id, String address) {
        this.api = api;
        this.id = id;
        this.address = address;
    }

    /// Returns when the guest has the whole file.
    void upload(String path, long bytes) {
        listen(IN, path);
        try (var socket = connect(PORT)) {
            Transfers.write(socket.getOutputStream(), bytes);
            socket.shutdownOutput();
            if (drain(socket.getInputStream()) != 1) throw new BenchException("nc in: not done");
        } catch (IOException e) {
            throw new BenchException("nc in: " + e.getMessage(), e);
        }
    }

    /// Returns when all was read.
    void download(String path, long bytes) {
        listen(OUT, path);
        try (var socket = connect(PORT)) {
            socket.shutdownOutput();
            long read = drain(socket.getInputStream());
            if (read != bytes) throw new BenchException("nc out: " + read + " of " + bytes);
        } catch (IOException e) {
            throw new BenchException("nc out: " + e.getMessage(), e);
        }
    }

    private void listen(String copy, String path) {
        api.background(
                id,
                JsonMapper.shared()
                        .writeValueAsString(
                                Map.of(
                                        "cmd",
                                        "perl",
                                        "args",
                                        List.of("-e", LISTEN + copy, path),
                                        "background",
                                        true)));
    }

    /// The listener may need a moment.
    private Socket connect(int port) throws IOException {
        for (int left = TRIES; ; left--) {
            var socket = new Socket();
            try {
                socket.connect(new InetSocketAddress(address, port), CONNECT_MS);
                return socket;
            } catch (IOException e) {
                socket.close();
                if (left == 0) throw e;
                Api.waitABit();
            }
        }
    }

    private static long drain(InputStream in) throws IOException {
        return in.transferTo(OutputStream.nullOutputStream());
    }
}
