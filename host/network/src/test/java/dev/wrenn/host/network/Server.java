package dev.wrenn.host.network;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/// Answers each connection with the peer's address as seen here.
final class Server implements AutoCloseable {
    private static final int PATIENCE_MS = 5000;
    private static final int SILENCE_MS = 700; // a dropped SYN is not repeated before 1 s

    private final ServerSocket socket;

    /// Must be made in the namespace where it shall listen.
    Server(InetAddress address, int port) throws IOException {
        socket = new ServerSocket();
        socket.setReuseAddress(true);
        socket.bind(new InetSocketAddress(address, port));
        Thread.ofPlatform().daemon().start(this::serve);
    }

    private void serve() {
        while (true) {
            try (var peer = socket.accept()) {
                var text = peer.getInetAddress().getHostAddress() + "\n";
                peer.getOutputStream().write(text.getBytes(StandardCharsets.UTF_8));
            } catch (IOException e) {
                if (socket.isClosed()) return;
            }
        }
    }

    int port() {
        return socket.getLocalPort();
    }

    /// What a server there says; must run in the namespace that asks.
    static String ask(String address, int port) throws IOException {
        return ask(null, address, port, PATIENCE_MS);
    }

    /// True when no connection comes about, by silence or by refusal.
    static boolean unreachable(@Nullable InetAddress source, String address, int port) {
        try {
            ask(source, address, port, SILENCE_MS);
            return false;
        } catch (SocketTimeoutException e) {
            return true;
        } catch (IOException e) {
            return true; // refused or no route: not reached either
        }
    }

    private static String ask(@Nullable InetAddress source, String address, int port, int limitMs)
            throws IOException {
        try (var socket = new Socket()) {
            if (source != null) socket.bind(new InetSocketAddress(source, 0));
            socket.connect(new InetSocketAddress(address, port), limitMs);
            socket.setSoTimeout(limitMs);
            return new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8)
                    .strip();
        }
    }

    @Override
    public void close() throws IOException {
        socket.close();
    }
}
