package dev.wrenn.common.proxy;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Function;
import org.eclipse.jetty.io.AbstractConnection;
import org.eclipse.jetty.io.Connection;
import org.eclipse.jetty.io.EndPoint;
import org.eclipse.jetty.util.BufferUtil;
import org.eclipse.jetty.util.Callback;
import org.eclipse.jetty.util.Promise;
import org.eclipse.jetty.util.thread.Invocable;
import org.eclipse.jetty.util.thread.Scheduler;
import org.jspecify.annotations.Nullable;

/// Our end of a [Lease]: dials what the lane leads to, asks whether that was right, and then ends
/// the lane when the lease ends. An address may become another's while we dial; the answer, which
/// comes after, says that it has not, and nothing was sent before.
final class NearLane extends AbstractConnection.NonBlocking implements Connection.UpgradeTo {
    private static final byte QUESTION = 1;

    /// What becomes of it; one of both is called, once.
    interface Outcome {
        void ready(Lane lane);

        void failed(Throwable cause);
    }

    private final ProxyClient client;
    private final InetSocketAddress server;
    private final AtomicReference<@Nullable Outcome> outcome;
    private final ByteBuffer answer = BufferUtil.allocate(1);
    private volatile @Nullable Lane lane;
    private volatile Scheduler.@Nullable Task limit;

    /// @param lease our end of its connection, which is to be upgraded to this
    NearLane(ProxyClient client, EndPoint lease, InetSocketAddress server, Outcome outcome) {
        super(lease, client.http().getExecutor());
        this.client = client;
        this.server = server;
        this.outcome = new AtomicReference<>(outcome);
    }

    /// @param made makes the lane at an end of a connection
    void begin(Function<EndPoint, Lane> made, long limitMs) {
        getEndPoint().upgrade(this);
        limit =
                client.http()
                        .getScheduler()
                        .schedule(
                                () -> fail(new IOException("no word of the lease")),
                                limitMs,
                                TimeUnit.MILLISECONDS);
        Dialler.dial(client, server, made::apply, Promise.from(this::ask, this::fail));
    }

    private void ask(Connection dialled) {
        var ours = (Lane) dialled;
        lane = ours;
        ours.onEnd(getEndPoint()::close);
        // Either may have ended before it knew of the other; a lease alone would be a use for ever.
        if (!getEndPoint().isOpen() || !ours.getEndPoint().isOpen()) {
            fail(new IOException("the lane or its lease has ended"));
            return;
        }
        getEndPoint()
                .write(
                        Callback.from(Invocable.InvocationType.NON_BLOCKING, () -> {}, this::fail),
                        ByteBuffer.wrap(new byte[] {QUESTION}));
    }

    @Override
    public void onUpgradeTo(@Nullable ByteBuffer ahead) {
        // it says nothing by itself
    }

    @Override
    public void onOpen() {
        super.onOpen();
        getEndPoint().setIdleTimeout(0);
        fillInterested();
    }

    @Override
    public void onFillable() {
        try {
            BufferUtil.clear(answer);
            int filled = getEndPoint().fill(answer);
            if (filled < 0) {
                getEndPoint().close();
                return;
            }
            var ours = lane;
            if (filled > 0 && ours != null) {
                var told = outcome.getAndSet(null);
                stopClock();
                if (told != null) told.ready(ours);
            }
            fillInterested();
        } catch (IOException e) {
            fail(e);
        }
    }

    @Override
    public void onFillInterestedFailed(Throwable cause) {
        fail(cause);
    }

    @Override
    public void onClose(@Nullable Throwable cause) {
        super.onClose(cause);
        fail(cause == null ? new IOException("the lease has ended") : cause);
    }

    private void stopClock() {
        var task = limit;
        if (task != null) task.cancel();
    }

    private void fail(Throwable cause) {
        stopClock();
        getEndPoint().close();
        var ours = lane;
        if (ours != null) ours.getEndPoint().close();
        var told = outcome.getAndSet(null);
        if (told != null) told.failed(cause);
    }
}
