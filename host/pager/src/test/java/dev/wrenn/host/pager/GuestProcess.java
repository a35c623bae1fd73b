package dev.wrenn.host.pager;

import dev.wrenn.host.linux.Fd;
import dev.wrenn.host.linux.Pidfd;
import dev.wrenn.host.linux.Posix;
import dev.wrenn.host.linux.Spawn;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/// A process that reads guest memory through the real ramshim, for tests.
final class GuestProcess implements AutoCloseable {
    private static final Path ROOT = Path.of(System.getProperty("wrenn.root"));

    private final Spawn.Child child;
    private final Fd input;
    private final BufferedReader output;

    private GuestProcess(Spawn.Child child, Fd input, BufferedReader output) {
        this.child = child;
        this.input = input;
        this.output = output;
    }

    /// @param socket the VMM's end of the handshake
    static GuestProcess start(long size, Fd socket, Path directory) throws IOException {
        var shim = ROOT.resolve("native/target/release/libramshim.so");
        if (!Files.exists(shim))
            throw new IOException("libramshim.so is not built: cargo build --release in native/");
        var script = directory.resolve("guest.py");
        if (!Files.exists(script))
            Files.write(script, GuestProcess.class.getResourceAsStream("/guest.py").readAllBytes());
        try (var in = Posix.pipe();
                var out = Posix.pipe()) {
            var error = Posix.open(Path.of("/dev/stderr"), Posix.O_WRONLY);
            try (error) {
                var child =
                        Spawn.start(
                                List.of("python3", script.toString(), Long.toString(size)),
                                Map.of(
                                        "PATH", System.getenv("PATH"),
                                        "LD_PRELOAD", shim.toString(),
                                        "RAMSHIM_MODE", "uffd",
                                        "RAMSHIM_SIZE", Long.toString(size),
                                        "RAMSHIM_SOCK_FD", "3"),
                                List.of(in.reader(), out.writer(), error, socket));
                var keep =
                        Posix.open(
                                Path.of("/proc/self/fd/" + in.writer().number()), Posix.O_WRONLY);
                var reader =
                        Files.newBufferedReader(
                                Path.of("/proc/self/fd/" + out.reader().number()),
                                StandardCharsets.UTF_8);
                return new GuestProcess(child, keep, reader);
            }
        }
    }

    int pid() {
        return child.pid();
    }

    String say(String line) throws IOException {
        Posix.write(input, (line + "\n").getBytes(StandardCharsets.UTF_8));
        return read();
    }

    String read() throws IOException {
        return String.valueOf(output.readLine());
    }

    Pidfd process() {
        return child.pidfd();
    }

    @Override
    public void close() throws IOException {
        if (!input.isOpen()) return;
        input.close();
        output.close();
        child.pidfd().signal(Pidfd.SIGKILL);
        child.pidfd().awaitExit();
        child.pidfd().reap();
        child.pidfd().close();
    }
}
