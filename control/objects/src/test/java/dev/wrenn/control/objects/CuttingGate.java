package dev.wrenn.control.objects;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.concurrent.atomic.AtomicInteger;

/// A way to a TCP server that breaks off in the middle: the first connections are cut when so many
/// bytes have gone up, or come down.
final class CuttingGate implements AutoCloseable {
    private final ServerSocket listener;
    private final int target;
    private final long up;
    private final long down;
    private final AtomicInteger cuts;

    /// @param up bytes of requests that pass
    /// @param down bytes of answers that pass
    /// @param times how many connections are cut; later ones are not
    CuttingGate(int target, long up, long down, int times) throws IOException {
        this.target = target;
        this.up = up;
        this.down = down;
        this.cuts = new AtomicInteger(times);
        this.listener = new ServerSocket(0, 64, InetAddress.getLoopbackAddress());
        Thread.ofVirtual().start(this::accept);
    }

    int port() {
        return listener.getLocalPort();
    }

    /// How many may still be cut.
    int left() {
        return cuts.get();
    }

    private void accept() {
        while (!listener.isClosed()) {
            try {
                var in = listener.accept();
                var out = new Socket(InetAddress.getLoopbackAddress(), target);
                Thread.ofVirtual().start(() -> pass(in, out, up));
                Thread.ofVirtual().start(() -> pass(out, in, down));
            } catch (IOException e) {
                // closed
            }
        }
    }

    private void pass(Socket from, Socket to, long most) {
        try (from;
                to) {
            copy(from.getInputStream(), to.getOutputStream(), most);
        } catch (IOException e) {
            // cut
        }
    }

    private void copy(InputStream from, OutputStream to, long most) throws IOException {
        var piece = new byte[1 << 13];
        long passed = 0;
        for (int n = from.read(piece); n >= 0; n = from.read(piece)) {
            passed += n;
            if (passed > most && cuts.getAndUpdate(c -> Math.max(0, c - 1)) > 0) return;
            to.write(piece, 0, n);
        }
    }

    @Override
    public void close() throws IOException {
        listener.close();
    }
}
