package dev.wrenn.cli.instance;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.time.Duration;
import java.util.random.RandomGenerator;

/// Free ports of this machine.
final class Ports {
    /// Below the range from which the kernel takes ports for outgoing connections (32768, ip(7)):
    /// such a port is still free when a part starts again after a crash.
    private static final int LEAST = 20_000;

    private static final int BOUND = 32_000;
    private static final int TRIES = 200;

    private Ports() {}

    /// @param address null: all addresses
    static boolean isFree(@org.jspecify.annotations.Nullable InetAddress address, int port) {
        try (var socket = new ServerSocket()) {
            socket.setReuseAddress(true);
            socket.bind(new InetSocketAddress(address, port));
            return true;
        } catch (IOException e) {
            return false;
        }
    }

    /// Whether somebody listens on a port of the loopback address.
    static boolean accepts(int port, Duration limit) {
        try (var socket = new Socket()) {
            socket.connect(
                    new InetSocketAddress(InetAddress.getLoopbackAddress(), port),
                    (int) limit.toMillis());
            return true;
        } catch (IOException e) {
            return false;
        }
    }

    /// A port on the loopback address that nobody listens on now.
    static int freeLoopback(RandomGenerator random) {
        for (int i = 0; i < TRIES; i++) {
            int port = random.nextInt(LEAST, BOUND);
            if (isFree(InetAddress.getLoopbackAddress(), port)) return port;
        }
        throw new InstanceException("no free port between " + LEAST + " and " + BOUND);
    }
}
