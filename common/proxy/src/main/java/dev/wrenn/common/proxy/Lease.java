package dev.wrenn.common.proxy;

import java.nio.ByteBuffer;
import java.util.concurrent.Executor;
import org.eclipse.jetty.io.AbstractConnection;
import org.eclipse.jetty.io.Connection;
import org.eclipse.jetty.io.EndPoint;
import org.eclipse.jetty.util.BufferUtil;
import org.eclipse.jetty.util.IteratingCallback;
import org.jspecify.annotations.Nullable;

/// The far end of a lane that its user dials itself: as long as this connection is open, the
/// address is what it was told to be. It gives every byte back, which proves that at that moment.
final class Lease extends AbstractConnection.NonBlocking implements Connection.UpgradeTo {
    private final Runnable over;
    private final Echo echo = new Echo();

    /// @param over told when it is closed, perhaps more than once
    Lease(EndPoint endPoint, Executor executor, Runnable over) {
        super(endPoint, executor);
        this.over = over;
    }

    @Override
    public void onUpgradeTo(@Nullable ByteBuffer ahead) {
        // nothing is asked before the address is known
    }

    @Override
    public void onOpen() {
        super.onOpen();
        getEndPoint().setIdleTimeout(0);
        fillInterested();
    }

    @Override
    public void onFillable() {
        echo.iterate();
    }

    @Override
    public void onFillInterestedFailed(Throwable cause) {
        getEndPoint().close(cause);
    }

    @Override
    public void onClose(@Nullable Throwable cause) {
        super.onClose(cause);
        over.run();
    }

    private final class Echo extends IteratingCallback {
        private final ByteBuffer bytes = BufferUtil.allocate(1);

        @Override
        public InvocationType getInvocationType() {
            return InvocationType.NON_BLOCKING;
        }

        @Override
        protected Action process() throws Throwable {
            BufferUtil.clear(bytes);
            int filled = getEndPoint().fill(bytes);
            if (filled > 0) {
                getEndPoint().write(this, bytes);
                return Action.SCHEDULED;
            }
            if (filled < 0) return Action.SUCCEEDED;
            fillInterested();
            return Action.IDLE;
        }

        @Override
        protected void onCompleteSuccess() {
            getEndPoint().close();
        }

        @Override
        protected void onCompleteFailure(Throwable cause) {
            getEndPoint().close(cause);
        }
    }
}
