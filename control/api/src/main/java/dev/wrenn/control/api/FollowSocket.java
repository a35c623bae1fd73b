package dev.wrenn.control.api;

import dev.wrenn.common.model.CapsuleId;
import dev.wrenn.control.domain.StoreUnavailableException;
import dev.wrenn.control.domain.capsules.CapsuleRow;
import dev.wrenn.control.domain.capsules.Processes;
import dev.wrenn.control.domain.hosts.ExecSession;
import dev.wrenn.control.domain.hosts.ProcessId;
import java.time.Duration;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Follows a running process. One virtual thread does it; closing the socket leaves the process
/// alone.
final class FollowSocket implements SocketSession {
    private static final Logger LOG = LoggerFactory.getLogger(FollowSocket.class);

    private final JsonSocket socket;
    private final Processes processes;
    private final Entrance entrance;
    private final CapsuleId id;
    private final ProcessId process;
    private final Credentials shown;
    private final Inbox inbox = new Inbox();
    private volatile @Nullable ExecSession following;
    private volatile @Nullable Thread driver;

    FollowSocket(
            JsonSocket socket,
            Processes processes,
            Entrance entrance,
            CapsuleId id,
            ProcessId process,
            Credentials shown) {
        this.socket = socket;
        this.processes = processes;
        this.entrance = entrance;
        this.id = id;
        this.process = process;
        this.shown = shown;
    }

    @Override
    public void open() {
        driver = Thread.ofVirtual().name("follow-" + id).start(this::drive);
    }

    /// Only credentials are listened to.
    @Override
    public void message(String text) throws InterruptedException {
        if (following != null) return;
        try {
            if (!inbox.put(Fields.of(Json.parse(text)), text.length(), Duration.ZERO))
                close(JsonSocket.POLICY, "too many messages");
        } catch (ApiException e) {
            LOG.atDebug().addKeyValue("capsule", id).log("message ignored");
        }
    }

    @Override
    public void closed() {
        socket.closed();
        end();
    }

    @Override
    public void goAway() {
        close(JsonSocket.GOING_AWAY, "the server is stopping");
    }

    @Override
    public void sendOut() {
        close(JsonSocket.POLICY, "access revoked");
    }

    private void drive() {
        try {
            var problem =
                    switch (entrance.enter(this, id, shown, inbox)) {
                        case Entrance.Decision.Out(var words) -> Optional.of(words);
                        case Entrance.Decision.In(var row) -> follow(row);
                    };
            if (problem.isPresent())
                socket.send(JsonSocket.message("error", "data", problem.get()));
        } catch (StoreUnavailableException e) {
            socket.trySend(JsonSocket.message("error", "data", ErrorTable.UNAVAILABLE.message()));
        } catch (JsonSocket.SocketGone e) {
            LOG.atDebug().addKeyValue("capsule", id).log("client left");
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt(); // closed
        } catch (RuntimeException e) {
            LOG.atError().addKeyValue("capsule", id).setCause(e).log("process stream failed");
            socket.trySend(JsonSocket.message("error", "data", ErrorTable.INTERNAL.message()));
        } finally {
            close(JsonSocket.NORMAL, "");
        }
    }

    private Optional<String> follow(CapsuleRow row) {
        var opened = processes.follow(row, process);
        if (opened.isEmpty()) return Optional.of("the capsule's host cannot be reached");
        try (var running = opened.get()) {
            following = running;
            inbox.close();
            if (socket.isClosed()) return Optional.empty();
            return new StreamedOutput(socket, Encoder.text()).pump(running, _ -> {});
        }
    }

    private void close(int code, String reason) {
        socket.close(code, reason);
        end();
    }

    private void end() {
        entrance.left(this);
        inbox.close();
        var running = following;
        if (running != null) running.close();
        var thread = driver;
        if (thread != null && thread != Thread.currentThread()) thread.interrupt();
    }
}
