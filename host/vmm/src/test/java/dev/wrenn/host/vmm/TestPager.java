package dev.wrenn.host.vmm;

import static org.assertj.core.api.Assertions.assertThat;

import dev.wrenn.host.linux.Fd;
import dev.wrenn.host.linux.UnixSockets;
import dev.wrenn.host.pager.PagerMain;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;

/// A real pager in a process of its own, and sessions with it.
final class TestPager implements AutoCloseable {
    private final Process process;
    private final Path data;

    private TestPager(Process process, Path data) {
        this.process = process;
        this.data = data;
    }

    /// @param data directory above the images
    static TestPager start(Path data) throws Exception {
        var builder =
                new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin/java").toString(),
                        "--enable-native-access=ALL-UNNAMED",
                        "-Xmx128m",
                        "-XX:+UseSerialGC",
                        "-cp",
                        System.getProperty("java.class.path"),
                        PagerMain.class.getName());
        builder.environment().put("WRENN_DIR", data.toString());
        builder.redirectError(ProcessBuilder.Redirect.INHERIT);
        var process = builder.start();
        var lines = process.inputReader();
        String line;
        do {
            line = lines.readLine();
            assertThat(line).as("the pager's output").isNotNull();
        } while (!line.contains("\"ready\":true"));
        Thread.ofVirtual().start(() -> lines.lines().forEach(_ -> {})); // its log
        return new TestPager(process, data);
    }

    /// Opens a session; the socket is for the VMM, [Session#vmm(int)] is to be called after.
    Session open(String id, Path image) {
        var control = UnixSockets.connect(data.resolve(PagerMain.SOCKET));
        var pair = UnixSockets.pair();
        var session = new Session(control, pair.right());
        var request = "{\"id\":\"" + id + "\",\"image\":\"" + image + "\"}";
        UnixSockets.send(control, request.getBytes(StandardCharsets.UTF_8), List.of(pair.left()));
        pair.left().close();
        assertThat(session.event()).contains("ready");
        return session;
    }

    /// One VM's session.
    ///
    /// @param socket the VMM's end
    record Session(Fd control, Fd socket) implements AutoCloseable {
        /// Says which process it is, after it has got the socket.
        void vmm(int pid) {
            socket.close();
            var message = "{\"pid\":" + pid + "}";
            UnixSockets.send(control, message.getBytes(StandardCharsets.UTF_8), List.of());
        }

        /// Waits for the next thing the pager says.
        String event() {
            return new String(
                    UnixSockets.receive(control, 4096, 0).bytes(), StandardCharsets.UTF_8);
        }

        @Override
        public void close() {
            socket.close();
            control.close();
        }
    }

    @Override
    public void close() throws Exception {
        process.destroyForcibly().waitFor();
    }
}
