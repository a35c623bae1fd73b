package dev.wrenn.tests.system;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;

/// Listens on addresses and writes one line for whatever arrives. Run as a program inside a network
/// namespace; ends with its standard input.
final class Listeners {
    private Listeners() {}

    /// @param arguments a port, then addresses
    public static void main(String[] arguments) throws IOException {
        int port = Integer.parseInt(arguments[0]);
        for (int i = 1; i < arguments.length; i++) {
            var address = InetAddress.getByName(arguments[i]);
            var server = new ServerSocket();
            server.bind(new InetSocketAddress(address, port));
            Thread.ofPlatform().daemon().start(() -> accept(server));
            var datagrams = new DatagramSocket(new InetSocketAddress(address, port));
            Thread.ofPlatform().daemon().start(() -> receive(datagrams));
        }
        say("ready");
        InputStream in = System.in;
        while (in.read() >= 0) {
            // Only its end matters.
        }
    }

    private static void accept(ServerSocket server) {
        while (true) {
            try (var peer = server.accept()) {
                say(
                        "tcp "
                                + server.getInetAddress().getHostAddress()
                                + " from "
                                + peer.getInetAddress().getHostAddress());
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }

    private static void receive(DatagramSocket socket) {
        var packet = new DatagramPacket(new byte[512], 512);
        while (true) {
            try {
                socket.receive(packet);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
            say(
                    "udp "
                            + socket.getLocalAddress().getHostAddress()
                            + " from "
                            + packet.getAddress().getHostAddress());
        }
    }

    private static synchronized void say(String line) {
        System.out.println(line);
        System.out.flush();
    }
}
