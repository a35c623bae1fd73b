package dev.wrenn.common.datastores;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;

/// Free ports on loopback.
final class Ports {
    private Ports() {}

    /// @param wanted itself unless 0
    static int pick(int wanted) {
        if (wanted != 0) return wanted;
        try (var socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        } catch (IOException e) {
            throw new DatastoreException("no free port: " + e.getMessage(), e);
        }
    }
}
