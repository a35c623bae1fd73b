package dev.wrenn.common.connect;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import com.google.protobuf.Message;
import jakarta.servlet.ServletOutputStream;
import java.io.IOException;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/// The sending side of a stream. Blocking writes give back-pressure: the servlet container takes
/// the next bytes only when the socket has taken the last.
final class ServletStream<R extends Message> implements ResponseStream<R> {
    private final ServerCall call;
    private final ServletOutputStream out;
    private final Codec codec;
    private final int limit;
    private final ReentrantLock lock = new ReentrantLock(); // held while writing

    @GuardedBy("lock")
    private boolean closed;

    @GuardedBy("lock")
    private boolean broken;

    ServletStream(ServerCall call, ServletOutputStream out, Codec codec, int limit) {
        this.call = call;
        this.out = out;
        this.codec = codec;
        this.limit = limit;
    }

    @Override
    public void send(R message) {
        var frame = codec.encode(message, Envelope.HEAD);
        if (frame.length - Envelope.HEAD > limit)
            throw new ConnectException(
                    Code.RESOURCE_EXHAUSTED,
                    "message of " + frame.length + " bytes (expected: ≤ " + limit + ")");
        lock.lock();
        try {
            call.check();
            if (closed || broken) throw new ConnectException(Code.CANCELED, "the stream has ended");
            out.write(Envelope.head(0, frame));
            out.flush();
        } catch (IOException e) {
            broken = true;
            call.stop(Code.CANCELED, "the peer is gone");
            call.check();
        } finally {
            lock.unlock();
        }
    }

    /// Sends the last frame, or breaks the connection when a message was cut short. The handler has
    /// ended; another thread may still be in [#send] and is let out first.
    void end(@Nullable ConnectException error) {
        if (!lock.tryLock()) {
            if (error != null) call.abort(error); // the reader it waits for may never come back
            lock.lock();
        }
        try {
            closed = true;
            if (broken) {
                call.abort(new IOException("response broke off"));
                return;
            }
            var frame = ErrorJson.end(error, call.trailers(), Envelope.HEAD);
            out.write(Envelope.head(Envelope.END_STREAM, frame));
            out.close();
        } catch (IOException e) {
            call.abort(e); // nobody is left to be told
        } finally {
            lock.unlock();
        }
    }
}
