package dev.wrenn.host.pager;

import dev.wrenn.common.runtime.Env;
import dev.wrenn.host.linux.Fd;
import dev.wrenn.host.linux.UnixSockets;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The pager's process. Settings: `WRENN_DIR`, the host's data directory.
public final class PagerMain {
    private static final Logger LOG = LoggerFactory.getLogger(PagerMain.class);

    /// Name of the control socket in the data directory; root's only.
    public static final String SOCKET = "pager.sock";

    private PagerMain() {}

    /// Takes over what an earlier pager served, then listens until the process is ended.
    public static void main(String[] arguments) throws IOException {
        var data = Path.of(new Env(System.getenv()).required("WRENN_DIR"));
        var sessions = new Sessions(data);
        var socket = data.resolve(SOCKET);
        Files.deleteIfExists(socket); // of an earlier pager: one per data directory, as its agent
        try (var listener = UnixSockets.listen(socket, 0600)) {
            int taken = sessions.takeOver(); // before all else: somebody may be waiting
            SelfTest.run(data.resolve("pager"));
            LOG.atInfo().addKeyValue("takenOver", taken).log("pager ready");
            System.out.println("{\"ready\":true}");
            System.out.flush();
            accept(listener, new Control(sessions));
        }
    }

    private static void accept(Fd listener, Control control) {
        while (true) {
            var connection = UnixSockets.accept(listener);
            Thread.ofPlatform().name("session").start(() -> control.serve(connection));
        }
    }
}
