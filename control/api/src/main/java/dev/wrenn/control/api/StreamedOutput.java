package dev.wrenn.control.api;

import dev.wrenn.control.domain.hosts.ExecEvent;
import dev.wrenn.control.domain.hosts.ExecSession;
import java.util.Optional;
import java.util.function.IntConsumer;

/// Brings the events of a program to a socket, each awaited: a slow reader slows the program down.
final class StreamedOutput {
    private final JsonSocket socket;
    private final Encoder encoder;

    StreamedOutput(JsonSocket socket, Encoder encoder) {
        this.socket = socket;
        this.encoder = encoder;
    }

    /// @param started is told the pid
    /// @return what went wrong, in words; nothing after `exit`, or when the client has left
    Optional<String> pump(ExecSession running, IntConsumer started) {
        while (true) {
            switch (running.next()) {
                case ExecEvent.Started(var pid) -> {
                    socket.send(JsonSocket.message("start", "pid", pid));
                    started.accept(pid);
                }
                case ExecEvent.Stdout(var data) -> output("stdout", encoder.stdout(data));
                case ExecEvent.Stderr(var data) -> output("stderr", encoder.stderr(data));
                case ExecEvent.Exited(var code) -> {
                    rest();
                    socket.send(JsonSocket.message("exit", "exit_code", code));
                    return Optional.empty();
                }
                case ExecEvent.Broken(_, var detail) -> {
                    if (socket.isClosed()) return Optional.empty();
                    rest();
                    return Optional.of(detail);
                }
            }
        }
    }

    private void rest() {
        output("stdout", encoder.stdoutEnd());
        output("stderr", encoder.stderrEnd());
    }

    private void output(String type, String data) {
        if (!data.isEmpty()) socket.send(JsonSocket.message(type, "data", data));
    }
}
