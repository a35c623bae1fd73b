package dev.wrenn.control.api;

import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.eclipse.jetty.io.Connection;
import org.eclipse.jetty.util.thread.Scheduler;

/// Drops connections that have not sent a whole request head within a time, so that nobody can hold
/// them open a byte at a time.
final class HeaderTimeout implements Connection.Listener {
    private final Scheduler scheduler;
    private final Duration limit;

    HeaderTimeout(Scheduler scheduler, Duration limit) {
        this.scheduler = scheduler;
        this.limit = limit;
    }

    @Override
    public void onOpened(Connection connection) {
        if (!(connection instanceof Connection.UpgradeFrom)) return; // a WebSocket: had its head
        scheduler.schedule(
                () -> {
                    if (connection.getMessagesIn() == 0) connection.getEndPoint().close();
                },
                limit.toMillis(),
                TimeUnit.MILLISECONDS);
    }

    @Override
    public void onClosed(Connection connection) {
        // the check finds it closed
    }
}
