package dev.wrenn.control.hostlink;

import com.google.protobuf.Message;
import dev.wrenn.common.connect.CallOptions;
import dev.wrenn.common.connect.ConnectClient;
import dev.wrenn.common.connect.ConnectException;
import dev.wrenn.common.connect.Method;
import dev.wrenn.common.connect.ServerStream;
import dev.wrenn.control.domain.hosts.HostFault;
import java.time.Duration;
import java.util.function.BiFunction;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/// A server stream as events, of which the last one says how it broke, also when it could not be
/// opened. One thread takes the events, any may close it.
///
/// @param <R> messages of the stream
/// @param <E> events
final class EventStream<R extends Message, E> implements AutoCloseable {
    /// The agent sends a keep-alive each few seconds while a program is silent.
    private static final Duration SILENCE = Duration.ofSeconds(60);

    private final Function<R, @Nullable E> event;
    private final BiFunction<HostFault, String, E> broken;
    private final @Nullable ServerStream<R> stream;
    private final @Nullable ConnectException refused;

    /// @param event null for messages without news
    /// @param broken makes the last event
    <Q extends Message> EventStream(
            ConnectClient connect,
            Method<Q, R> method,
            Q request,
            Function<R, @Nullable E> event,
            BiFunction<HostFault, String, E> broken) {
        this.event = event;
        this.broken = broken;
        ServerStream<R> opened = null;
        ConnectException failed = null;
        try {
            opened = connect.stream(method, request, CallOptions.none().withIdle(SILENCE));
        } catch (ConnectException e) {
            failed = e;
        }
        this.stream = opened;
        this.refused = failed;
    }

    /// Waits for the next event.
    E next() {
        if (refused != null) return broken(refused);
        if (stream == null) throw new IllegalStateException("neither open nor refused");
        try {
            while (true) {
                var message = stream.next();
                if (message == null)
                    return broken.apply(HostFault.INTERNAL, "the stream ended early");
                var news = event.apply(message);
                if (news != null) return news;
            }
        } catch (ConnectException e) {
            return broken(e);
        }
    }

    private E broken(ConnectException e) {
        var fault = Faults.of(e, HostFault.GUEST_GONE);
        return broken.apply(fault, Faults.detail(e, fault));
    }

    @Override
    public void close() {
        if (stream != null) stream.close();
    }
}
