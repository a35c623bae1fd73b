package dev.wrenn.host.guest;

import dev.wrenn.common.connect.ConnectException;
import dev.wrenn.common.connect.ServerStream;
import dev.wrenn.contracts.process.ProcessEvent;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/// Follows a process that belongs to nobody: closing it leaves the process alone. Events are read
/// straight from the guest, so a slow reader slows the process down. [#next()] is for one thread,
/// [#close()] for any.
public final class Attachment implements AutoCloseable {
    // After SIGKILL at its time limit, which the guest tells as an error.
    private static final int KILLED = 128 + 9;

    /// Of one kind of stream: its messages all carry process events.
    record Source<R>(ServerStream<R> stream, Function<R, ProcessEvent> event) {
        @Nullable ProcessEvent next() {
            var message = stream.next();
            return message == null ? null : event.apply(message);
        }
    }

    private final Source<?> source;
    private final Supplier<@Nullable String> gone;
    private AttachEvent.@Nullable Last last; // of the reading thread

    /// @param gone why the guest is gone, null while it is there
    Attachment(Source<?> source, Supplier<@Nullable String> gone) {
        this.source = source;
        this.gone = gone;
    }

    /// Waits for the next event; at most some seconds, then it is [AttachEvent.Idle].
    ///
    /// @return a [AttachEvent.Last] event again and again once it was reached
    public AttachEvent next() {
        if (last != null) return last;
        var event = read();
        if (event instanceof AttachEvent.Last end) {
            last = end;
            if (end instanceof AttachEvent.Exited) drain();
        }
        return event;
    }

    private AttachEvent read() {
        try {
            while (true) {
                var message = source.next();
                if (message == null)
                    return new AttachEvent.Unreachable("the stream ended before the process");
                var event = event(message);
                if (event != null) return event;
            }
        } catch (ConnectException e) {
            return failure(e);
        }
    }

    /// @return null for events of a newer guest
    private static @Nullable AttachEvent event(ProcessEvent event) {
        return switch (event.getEventCase()) {
            case START -> new AttachEvent.Started(event.getStart().getPid());
            case DATA -> {
                var data = event.getData();
                yield switch (data.getOutputCase()) {
                    case STDOUT -> new AttachEvent.Stdout(data.getStdout());
                    case STDERR -> new AttachEvent.Stderr(data.getStderr());
                    case PTY -> new AttachEvent.Terminal(data.getPty());
                    case OUTPUT_NOT_SET -> null;
                };
            }
            case END ->
                    new AttachEvent.Exited(event.getEnd().getExitCode(), event.getEnd().getError());
            case KEEPALIVE -> new AttachEvent.Idle();
            case EVENT_NOT_SET -> null;
        };
    }

    private AttachEvent.Last failure(ConnectException e) {
        var reason = gone.get();
        if (reason != null) return new AttachEvent.Unreachable(reason);
        var words = GuestEvents.words(e);
        return switch (e.code()) {
            case NOT_FOUND -> new AttachEvent.NotFound(words);
            case ALREADY_EXISTS -> new AttachEvent.TagTaken(words);
            case DEADLINE_EXCEEDED -> new AttachEvent.Exited(KILLED, words);
            case INVALID_ARGUMENT,
                    PERMISSION_DENIED,
                    RESOURCE_EXHAUSTED,
                    FAILED_PRECONDITION,
                    INTERNAL ->
                    new AttachEvent.Rejected(words);
            default -> new AttachEvent.Unreachable(words);
        };
    }

    /// Reads what ends the response: only then does its connection serve the next call.
    private void drain() {
        try {
            while (source.next() != null) {
                // nothing follows the end of a process
            }
        } catch (ConnectException e) {
            // the connection is lost, the outcome is not
        }
    }

    @Override
    public void close() {
        source.stream().close();
    }
}
