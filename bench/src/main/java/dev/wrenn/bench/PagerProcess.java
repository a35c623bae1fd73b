package dev.wrenn.bench;

import dev.wrenn.host.linux.Fd;
import dev.wrenn.host.linux.UnixSockets;
import dev.wrenn.host.pager.PagerMain;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;

/// The product's pager in a process of its own, started with the product's flags, and sessions with
/// it as the host agent opens them.
final class PagerProcess implements AutoCloseable {
    private final Process process;
    private final Path data;
    private int sessions;

    private PagerProcess(Process process, Path data) {
        this.process = process;
        this.data = data;
    }

    /// @param data directory above the images
    static PagerProcess start(Path data) throws IOException {
        // In a session of its own, as the supervisor starts services: the kernel shares the
        // processors out by sessions.
        var builder =
                new ProcessBuilder(
                        "setsid",
                        "setpriv",
                        "--pdeathsig",
                        "TERM",
                        "--",
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-cp",
                        System.getProperty("java.class.path"),
                        "-XX:+UseSerialGC",
                        "-XX:+UseCompactObjectHeaders",
                        "-XX:+ExitOnOutOfMemoryError",
                        "--enable-native-access=ALL-UNNAMED",
                        "-Xmx96m",
                        "-Xss256k",
                        PagerMain.class.getName());
        builder.environment().put("WRENN_DIR", data.toString());
        builder.redirectError(data.resolve("pager.log").toFile());
        var process = builder.start();
        var line = process.inputReader(StandardCharsets.UTF_8).readLine();
        if (line == null || !line.contains("\"ready\":true"))
            throw new BenchException("pager: " + line + " (expected: ready)");
        return new PagerProcess(process, data);
    }

    /// Opens a session and waits until the VMM may start.
    ///
    /// @param socket the pager's end of the VMM's handshake
    Session open(Path image, Fd socket) {
        var control = UnixSockets.connect(data.resolve(PagerMain.SOCKET));
        var id = "cl-%025d".formatted(++sessions);
        var request = "{\"id\":\"" + id + "\",\"image\":\"" + image + "\"}";
        UnixSockets.send(control, request.getBytes(StandardCharsets.UTF_8), List.of(socket));
        var session = new Session(control);
        session.expect("ready");
        return session;
    }

    /// One VM's session.
    record Session(Fd control) implements AutoCloseable {
        /// Says which process the VMM is.
        void vmm(int pid) {
            var line = "{\"pid\":" + pid + "}";
            UnixSockets.send(control, line.getBytes(StandardCharsets.UTF_8), List.of());
        }

        /// Waits until the pager has seen the VMM end.
        void awaitEnd() {
            expect("ended");
        }

        private void expect(String event) {
            var message = UnixSockets.receive(control, 4096, 0);
            var text = new String(message.bytes(), StandardCharsets.UTF_8);
            if (!text.contains("\"event\":\"" + event + "\""))
                throw new BenchException("pager: " + text + " (expected: " + event + ")");
        }

        @Override
        public void close() {
            control.close();
        }
    }

    @Override
    public void close() {
        process.destroy();
        try {
            if (!process.waitFor(10, TimeUnit.SECONDS)) process.destroyForcibly();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            process.destroyForcibly();
        }
    }
}
