package dev.wrenn.host.guest;

import dev.wrenn.common.connect.ConnectException;
import dev.wrenn.contracts.process.ProcessEvent;
import dev.wrenn.contracts.process.StartResponse;
import org.jspecify.annotations.Nullable;

/// The guest's words for what happens to a program, in ours.
final class GuestEvents {
    // Exit codes of shells (POSIX, Shell Command Language 2.8.2).
    private static final int NOT_EXECUTABLE = 126;
    private static final int NO_PROGRAM = 127;

    private GuestEvents() {}

    /// @return null for events that carry nothing
    static @Nullable ExecEvent read(StartResponse message) {
        var event = message.getEvent();
        return switch (event.getEventCase()) {
            case START -> new ExecEvent.Started(event.getStart().getPid());
            case DATA -> data(event.getData());
            case END -> exited(event.getEnd());
            case KEEPALIVE, EVENT_NOT_SET -> null;
        };
    }

    /// What a failed start or a broken stream means.
    static ExecEvent.Last failure(ConnectException e, Command command) {
        var message = words(e);
        return switch (e.code()) {
            case NOT_FOUND -> new ExecEvent.Exited(NO_PROGRAM, message);
            case PERMISSION_DENIED -> new ExecEvent.Exited(NOT_EXECUTABLE, message);
            case DEADLINE_EXCEEDED -> new ExecEvent.TimedOut(command.limit());
            case INVALID_ARGUMENT,
                    RESOURCE_EXHAUSTED,
                    FAILED_PRECONDITION,
                    ALREADY_EXISTS,
                    INTERNAL ->
                    new ExecEvent.Rejected(message);
            default -> new ExecEvent.Unreachable(message);
        };
    }

    static String words(ConnectException e) {
        var message = e.getMessage();
        return message == null || message.isEmpty() ? e.code().wire() : message;
    }

    private static @Nullable ExecEvent data(ProcessEvent.DataEvent data) {
        return switch (data.getOutputCase()) {
            case STDOUT -> new ExecEvent.Stdout(data.getStdout());
            case STDERR -> new ExecEvent.Stderr(data.getStderr());
            case PTY, OUTPUT_NOT_SET -> null;
        };
    }

    private static ExecEvent exited(ProcessEvent.EndEvent end) {
        return new ExecEvent.Exited(end.getExitCode(), end.getError());
    }
}
