package dev.wrenn.common.proxy;

import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.eclipse.jetty.http.HttpException;
import org.eclipse.jetty.http.HttpField;
import org.eclipse.jetty.http.HttpFields;
import org.eclipse.jetty.http.HttpHeader;
import org.eclipse.jetty.http.HttpHeaderValue;
import org.eclipse.jetty.http.HttpParser;
import org.eclipse.jetty.http.HttpStatus;
import org.eclipse.jetty.http.HttpVersion;
import org.eclipse.jetty.io.AbstractConnection;
import org.eclipse.jetty.io.ByteBufferPool;
import org.eclipse.jetty.io.Connection;
import org.eclipse.jetty.io.EndPoint;
import org.eclipse.jetty.io.RetainableByteBuffer;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.Response;
import org.eclipse.jetty.util.BufferUtil;
import org.eclipse.jetty.util.Callback;
import org.eclipse.jetty.util.IteratingCallback;
import org.eclipse.jetty.util.thread.Invocable;
import org.jspecify.annotations.Nullable;

/// A connection of bytes to one server, over which one request goes after the other. What is read
/// of an answer is written to its client before more is read, and an answer that came in one piece
/// leaves in one piece.
public final class Lane extends AbstractConnection.NonBlocking implements Connection.UpgradeTo {
    private static final int READ = 16 << 10;

    /// Of a passage: its head is written, its answer is there.
    private static final int PARTS = 2;

    private final Lanes lanes;
    private final Lanes.Way way;
    private final ByteBufferPool buffers;
    private final AtomicReference<@Nullable Passage> now = new AtomicReference<>();
    private final AtomicInteger parts = new AtomicInteger();
    private final Answer answer = new Answer();
    private final HttpParser parser = new HttpParser(answer, ProxyClient.LARGEST_HEAD);
    private final Pump pump = new Pump();
    private boolean spoiled; // the server spoke before it was asked

    /// Nanosecond at which it became idle; guarded by the lanes.
    long idleSince;

    private volatile Runnable onEnd = () -> {};

    /// Must not be used again; guarded by the lanes.
    boolean stale;

    Lane(Lanes lanes, Lanes.Way way, EndPoint endPoint, Executor executor, ByteBufferPool buffers) {
        super(endPoint, executor);
        this.lanes = lanes;
        this.way = way;
        this.buffers = buffers;
    }

    Lanes.Way way() {
        return way;
    }

    boolean usable() {
        return !spoiled && getEndPoint().isOpen();
    }

    /// Has something ended together with it.
    void onEnd(Runnable ended) {
        onEnd = ended;
    }

    @Override
    public void onUpgradeTo(@Nullable ByteBuffer ahead) {
        spoiled = ahead != null && ahead.hasRemaining();
    }

    @Override
    public void onOpen() {
        super.onOpen();
        getEndPoint().setIdleTimeout(0); // the lanes end those that nobody uses
        fillInterested();
    }

    /// Sends a request; all else comes by itself.
    ///
    /// @param otherwise called in place of any answer when none came and asking twice does no harm
    public void pass(
            Request request, Response response, Callback done, LaneLeg leg, Runnable otherwise) {
        send(new Passage(request, response, done, leg, otherwise));
    }

    /// Sends a request; the lane is this request's until its answer is there.
    void send(Passage passage) {
        var space = passage.head(buffers);
        parser.setHeadResponse(passage.isHead());
        parts.set(PARTS);
        now.set(passage);
        getEndPoint()
                .write(
                        Callback.from(
                                Invocable.InvocationType.NON_BLOCKING,
                                () -> {
                                    space.release();
                                    part();
                                },
                                cause -> {
                                    space.release();
                                    broken(cause);
                                }),
                        space.getByteBuffer());
        if (!getEndPoint().isOpen()) broken(new EOFException("the lane has ended"));
    }

    private void part() {
        if (parts.decrementAndGet() == 0) lanes.release(this);
    }

    @Override
    public void onFillable() {
        pump.iterate();
    }

    @Override
    public void onFillInterestedFailed(Throwable cause) {
        broken(cause);
    }

    @Override
    public void onClose(@Nullable Throwable cause) {
        super.onClose(cause);
        onEnd.run();
        broken(cause == null ? new EOFException("the lane was closed") : cause);
    }

    private void broken(Throwable cause) {
        lanes.remove(this);
        getEndPoint().close();
        var passage = now.getAndSet(null);
        if (passage == null) return;
        if (answer.begun) passage.failed(cause);
        else passage.lost(cause);
    }

    /// What the server says, as far as it was read.
    private final class Answer implements HttpParser.ResponseHandler {
        private final ArrayDeque<ByteBuffer> pieces = new ArrayDeque<>();
        private HttpFields.Mutable headers = HttpFields.build();
        private int status;
        private boolean keep;
        private boolean whole;
        private volatile boolean begun; // the client's answer has its head
        private @Nullable Throwable bad;

        void reset() {
            headers = HttpFields.build();
            status = 0;
            whole = false;
            begun = false;
        }

        @Override
        public void startResponse(HttpVersion version, int code, @Nullable String reason) {
            status = code;
            keep = version == HttpVersion.HTTP_1_1;
        }

        @Override
        public void parsedHeader(HttpField field) {
            if (field.getHeader() == HttpHeader.CONNECTION
                    && field.contains(HttpHeaderValue.CLOSE.asString())) keep = false;
            headers.add(field);
        }

        @Override
        public boolean headerComplete() {
            if (status == HttpStatus.SWITCHING_PROTOCOLS_101) {
                bad = new IOException("an upgrade that nobody asked for");
                return true;
            }
            var passage = now.get();
            if (HttpStatus.isInterim(status) || passage == null) return false;
            passage.answer(status, headers);
            begun = true;
            return false;
        }

        @Override
        public boolean content(ByteBuffer piece) {
            pieces.add(piece);
            return false;
        }

        @Override
        public boolean contentComplete() {
            return false;
        }

        @Override
        public boolean messageComplete() {
            whole = begun; // not an interim answer
            return true;
        }

        @Override
        public void earlyEOF() {
            bad = new EOFException("the answer ends early");
        }

        @Override
        public void badMessage(HttpException failure) {
            bad = new IOException("not an answer: " + failure.getReason());
        }
    }

    private final class Pump extends IteratingCallback {
        private @Nullable RetainableByteBuffer input;
        private boolean committed; // the client's head is on its way, perhaps with more
        private boolean last; // the client has been given all of it
        private boolean ended; // the server says nothing more

        @Override
        public InvocationType getInvocationType() {
            return InvocationType.NON_BLOCKING;
        }

        @Override
        protected Action process() throws Throwable {
            while (true) {
                if (last) return finish();
                var passage = now.get();
                var piece = answer.pieces.poll();
                if (passage != null && answer.begun && (piece != null || answer.whole)) {
                    last = answer.whole && answer.pieces.isEmpty();
                    committed = true;
                    passage.write(last, piece == null ? BufferUtil.EMPTY_BUFFER : piece, this);
                    return Action.SCHEDULED;
                }
                if (answer.bad != null) throw answer.bad;
                if (ended) throw new EOFException("the server ended the connection");
                if (input != null && input.hasRemaining()) {
                    if (passage == null) throw new IOException("an answer to nothing");
                    parse(input.getByteBuffer());
                    continue;
                }
                int filled = fill();
                if (filled > 0) continue;
                if (filled < 0) {
                    ended = true;
                    parser.atEOF();
                    if (passage != null) parse(BufferUtil.EMPTY_BUFFER);
                    continue;
                }
                if (passage != null && answer.begun && !committed) {
                    committed = true; // the head alone, as its body is not there yet
                    passage.write(false, BufferUtil.EMPTY_BUFFER, this);
                    return Action.SCHEDULED;
                }
                release();
                fillInterested();
                return Action.IDLE;
            }
        }

        private int fill() throws IOException {
            var space = input;
            if (space == null) input = space = buffers.acquire(READ, true);
            var bytes = space.getByteBuffer();
            BufferUtil.clear(bytes);
            return getEndPoint().fill(bytes);
        }

        private void parse(ByteBuffer bytes) {
            parser.parseNext(bytes);
            if (!answer.begun && parser.isComplete()) { // an interim answer
                parser.reset();
                answer.reset();
            }
        }

        private Action finish() {
            boolean reusable =
                    answer.keep
                            && !ended
                            && parser.isState(HttpParser.State.END)
                            && (input == null || !input.hasRemaining());
            release();
            parser.reset();
            answer.reset();
            committed = false;
            last = false;
            var passage = now.getAndSet(null);
            if (reusable) {
                fillInterested();
                part();
            } else {
                lanes.remove(Lane.this);
                getEndPoint().close();
            }
            if (passage != null) passage.succeeded();
            return reusable ? Action.IDLE : Action.SUCCEEDED;
        }

        private void release() {
            var space = input;
            input = null;
            if (space != null) space.release();
        }

        @Override
        protected void onCompleteFailure(Throwable cause) {
            release();
            broken(cause);
        }
    }
}
