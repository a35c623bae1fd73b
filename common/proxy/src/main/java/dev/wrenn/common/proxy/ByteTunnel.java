package dev.wrenn.common.proxy;

import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.eclipse.jetty.io.AbstractConnection;
import org.eclipse.jetty.io.ByteBufferPool;
import org.eclipse.jetty.io.Connection;
import org.eclipse.jetty.io.EndPoint;
import org.eclipse.jetty.io.RetainableByteBuffer;
import org.eclipse.jetty.util.BufferUtil;
import org.eclipse.jetty.util.IteratingCallback;
import org.jspecify.annotations.Nullable;

/// Two connections whose bytes go over to each other, as long as both are there. What one side has
/// to say is read only when the other took what was said before; a silent side holds no buffer. An
/// end of input is passed on as one, after which the other side has a minute to finish.
final class ByteTunnel {
    private static final int BUFFER = 16 << 10;
    private static final Duration LAST_WORDS = Duration.ofSeconds(60);

    private final Side client;
    private final Side server;
    private final Runnable over;
    private final AtomicInteger open = new AtomicInteger(2);
    private final AtomicBoolean closed = new AtomicBoolean();

    /// @param over told once, when both connections are closed
    ByteTunnel(
            EndPoint client,
            EndPoint server,
            Executor executor,
            ByteBufferPool buffers,
            Runnable over) {
        this.client = new Side(client, executor, buffers);
        this.server = new Side(server, executor, buffers);
        this.over = over;
    }

    /// The client's side, for its server to upgrade to; the other side follows by itself.
    Connection client() {
        return client;
    }

    void close() {
        if (!closed.compareAndSet(false, true)) return;
        client.getEndPoint().close();
        server.getEndPoint().close();
        over.run();
    }

    private final class Side extends AbstractConnection.NonBlocking
            implements Connection.UpgradeTo {
        private final ByteBufferPool buffers;
        private final Pump pump = new Pump();
        private @Nullable ByteBuffer first; // what was read ahead of the upgrade

        Side(EndPoint endPoint, Executor executor, ByteBufferPool buffers) {
            super(endPoint, executor);
            this.buffers = buffers;
        }

        private Side other() {
            return this == client ? server : client;
        }

        @Override
        public void onUpgradeTo(@Nullable ByteBuffer ahead) {
            if (ahead != null && ahead.hasRemaining()) first = ahead;
        }

        @Override
        public void onOpen() {
            super.onOpen();
            getEndPoint().setIdleTimeout(0);
            if (this == client) server.getEndPoint().upgrade(server);
            pump.iterate();
        }

        @Override
        public void onFillable() {
            pump.iterate();
        }

        @Override
        public void onFillInterestedFailed(Throwable cause) {
            ByteTunnel.this.close();
        }

        @Override
        public void onClose(@Nullable Throwable cause) {
            super.onClose(cause);
            ByteTunnel.this.close();
        }

        private final class Pump extends IteratingCallback {
            private @Nullable RetainableByteBuffer buffer;
            private boolean drained; // the last read took all that was there

            @Override
            protected Action process() throws Throwable {
                var ahead = first;
                if (ahead != null) {
                    first = null;
                    other().getEndPoint().write(this, ahead);
                    return Action.SCHEDULED;
                }
                if (drained) return await();
                var space = buffer;
                if (space == null) buffer = space = buffers.acquire(BUFFER, true);
                var bytes = space.getByteBuffer();
                BufferUtil.clear(bytes);
                int filled = getEndPoint().fill(bytes);
                if (filled > 0) {
                    drained = BufferUtil.space(bytes) > 0; // another read would find nothing
                    other().getEndPoint().write(this, bytes);
                    return Action.SCHEDULED;
                }
                if (filled == 0) return await();
                release();
                return Action.SUCCEEDED;
            }

            private Action await() {
                drained = false;
                release();
                fillInterested();
                return Action.IDLE;
            }

            private void release() {
                var space = buffer;
                buffer = null;
                if (space != null) space.release();
            }

            @Override
            protected void onCompleteSuccess() {
                if (open.decrementAndGet() == 0) {
                    ByteTunnel.this.close();
                    return;
                }
                other().getEndPoint().shutdownOutput();
                other().getEndPoint().setIdleTimeout(LAST_WORDS.toMillis());
            }

            @Override
            protected void onCompleteFailure(Throwable cause) {
                release();
                ByteTunnel.this.close();
            }
        }
    }
}
