package dev.wrenn.common.connect;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import dev.wrenn.common.runtime.Deadline;
import java.time.Duration;
import java.util.concurrent.CancellationException;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.eclipse.jetty.client.Request;
import org.eclipse.jetty.client.Response;
import org.eclipse.jetty.client.Result;
import org.eclipse.jetty.io.Content;
import org.jspecify.annotations.Nullable;

/// One HTTP exchange, read by one blocking thread. Body bytes are pulled from the connection as
/// that thread asks for them, so nothing piles up.
final class Exchange
        implements ByteSource, Response.ContentSourceListener, Response.CompleteListener {
    private final Request request;
    private final Deadline deadline;
    private final Duration idle;
    private final ReentrantLock lock = new ReentrantLock(); // nothing is called while holding it
    private final Condition changed = lock.newCondition();

    @GuardedBy("lock")
    private @Nullable Response response;

    @GuardedBy("lock")
    private Content.@Nullable Source source;

    @GuardedBy("lock")
    private boolean readable;

    @GuardedBy("lock")
    private boolean complete;

    @GuardedBy("lock")
    private boolean canceled;

    @GuardedBy("lock")
    private @Nullable Throwable failure;

    private Content.@Nullable Chunk chunk; // of the reading thread

    /// @param idle longest wait for bytes, zero for none
    Exchange(Request request, Deadline deadline, Duration idle) {
        this.request = request;
        this.deadline = deadline;
        this.idle = idle;
    }

    void send() {
        request.send(this);
    }

    @Override
    public void onContentSource(Response head, Content.Source content) {
        lock.lock();
        try {
            response = head;
            source = content;
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    @Override
    public void onComplete(Result result) {
        lock.lock();
        try {
            complete = true;
            failure = result.getFailure();
            if (failure == null && response == null) response = result.getResponse();
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    /// Waits for status and headers.
    ///
    /// @throws ConnectException when the exchange failed, was canceled, or took too long
    Response response() {
        lock.lock();
        try {
            while (true) {
                checkCanceled();
                if (response != null) return response;
                if (failure != null) throw Failures.of(request, failure);
                await();
            }
        } finally {
            lock.unlock();
        }
    }

    /// Whether [#response()] would return or throw at once.
    boolean answered() {
        lock.lock();
        try {
            return canceled || response != null || failure != null;
        } finally {
            lock.unlock();
        }
    }

    /// Takes all that is there and fits, so that a reader passes on one piece for many records of
    /// TLS.
    @Override
    public int read(byte[] target, int offset, int length) {
        int n = 0;
        while (n < length && load(n == 0)) {
            var current = chunk;
            if (current == null) return -1; // a response without a body
            var bytes = current.getByteBuffer();
            int part = Math.min(length - n, bytes.remaining());
            bytes.get(target, offset + n, part);
            n += part;
            if (bytes.hasRemaining()) break;
            if (current.isLast()) return n > 0 ? n : -1; // kept, to be seen again
            current.release();
            chunk = null;
        }
        return n;
    }

    /// Makes `chunk` what is read next.
    ///
    /// @param wait until there is something; else it is false when nothing is there now, or what is
    ///   there is a failure, which the next call that waits throws
    private boolean load(boolean wait) {
        var current = chunk;
        if (current == null && wait) current = nextChunk();
        else if (current == null) {
            var from = source();
            current = from == null ? null : from.read();
            if (current == null) return false;
        }
        chunk = current;
        if (current == null || !Content.Chunk.isFailure(current)) return true;
        if (wait) throw failed(current.getFailure());
        return false;
    }

    /// Ends the exchange now; a blocked reader gets `canceled`. From any thread.
    void cancel() {
        lock.lock();
        try {
            canceled = true;
            changed.signalAll();
        } finally {
            lock.unlock();
        }
        request.abort(new CancellationException("canceled by the caller"));
    }

    private Content.@Nullable Chunk nextChunk() {
        var from = source();
        if (from == null) return null;
        while (true) {
            var next = from.read();
            if (next == null) {
                from.demand(this::becomeReadable);
                awaitReadable();
            } else {
                return next;
            }
        }
    }

    private Content.@Nullable Source source() {
        lock.lock();
        try {
            checkCanceled();
            return source;
        } finally {
            lock.unlock();
        }
    }

    private void becomeReadable() {
        lock.lock();
        try {
            readable = true;
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    private void awaitReadable() {
        lock.lock();
        try {
            while (!readable) {
                checkCanceled();
                if (failure != null) throw Failures.of(request, failure);
                if (complete) break; // the source knows
                await();
            }
            readable = false;
        } finally {
            lock.unlock();
        }
    }

    private ConnectException failed(Throwable cause) {
        lock.lock();
        try {
            checkCanceled();
            return Failures.of(request, cause);
        } finally {
            lock.unlock();
        }
    }

    @GuardedBy("lock")
    private void checkCanceled() {
        if (canceled) throw new ConnectException(Code.CANCELED, "canceled");
    }

    /// Waits for a change. Whoever gets an exception here cancels the exchange.
    @GuardedBy("lock")
    private void await() {
        var wait = deadline.left();
        boolean byIdle = !idle.isZero() && idle.compareTo(wait) < 0;
        try {
            if (changed.awaitNanos((byIdle ? idle : wait).toNanos()) > 0) return;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new ConnectException(Code.CANCELED, "the calling thread was interrupted", e);
        }
        if (byIdle) throw new ConnectException(Code.UNAVAILABLE, "nothing came for " + idle);
        throw new ConnectException(Code.DEADLINE_EXCEEDED, "the time-out of the call passed");
    }
}
