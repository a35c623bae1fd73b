package dev.wrenn.control.domain.builds;

import dev.wrenn.control.domain.hosts.ExecSession;
import dev.wrenn.control.domain.hosts.HostAnswer;
import java.io.IOException;
import java.io.InputStream;
import java.util.Arrays;

/// Feeds a program on a thread of its own, while another one reads what it says.
final class Feeder {
    private static final int CHUNK = 256 << 10;

    private final Thread thread;
    private volatile String trouble = "";

    private Feeder(ExecSession session, int pid, InputStream input) {
        thread =
                Thread.ofVirtual()
                        .name("build-input-" + pid)
                        .unstarted(() -> feed(session, pid, input));
    }

    static Feeder start(ExecSession session, int pid, InputStream input) {
        var feeder = new Feeder(session, pid, input);
        feeder.thread.start();
        return feeder;
    }

    private void feed(ExecSession session, int pid, InputStream input) {
        try {
            var chunk = new byte[CHUNK];
            for (int n = input.readNBytes(chunk, 0, CHUNK);
                    n > 0;
                    n = input.readNBytes(chunk, 0, CHUNK)) {
                var data = n == CHUNK ? chunk : Arrays.copyOf(chunk, n); // copied by the call
                // A program that reads no more says why itself.
                if (session.input(pid, data) instanceof HostAnswer.Refused<?>) return;
            }
            session.closeInput(pid);
        } catch (IOException e) {
            trouble = "the archive could not be read";
            session.signal(pid, ExecSession.Signal.KILL);
        }
    }

    /// Waits for the end, which is near once the program has ended.
    ///
    /// @return empty, or what went wrong on our side
    String end() {
        try {
            thread.join();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return "interrupted";
        }
        return trouble;
    }
}
