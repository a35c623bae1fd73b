package dev.wrenn.control.api;

import dev.wrenn.common.model.CapsuleId;
import dev.wrenn.control.domain.StoreUnavailableException;
import dev.wrenn.control.domain.capsules.CapsuleRow;
import dev.wrenn.control.domain.capsules.Capsules;
import dev.wrenn.control.domain.hosts.ExecSession;
import java.time.Duration;
import java.util.Base64;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// One streamed command. One virtual thread runs it and is the only sender of messages; each is
/// awaited, so a slow reader slows the program. A second one takes what the client sends, in order.
/// The socket has one close; it ends the program.
final class ExecSocket implements SocketSession {
    private static final Logger LOG = LoggerFactory.getLogger(ExecSocket.class);
    private static final Duration START_WITHIN = Duration.ofSeconds(30);
    private static final Duration KILL_AFTER = Duration.ofSeconds(5);

    /// How long input may wait for a program that does not read.
    private static final Duration INPUT_WITHIN = Duration.ofMinutes(10);

    private static final Fields MALFORMED = Fields.of(Json.parse("{}"));

    private final JsonSocket socket;
    private final Capsules capsules;
    private final Entrance entrance;
    private final CapsuleId id;
    private final Credentials shown;
    private final Inbox inbox = new Inbox();
    private final CountDownLatch ended = new CountDownLatch(1);
    private final AtomicInteger pid = new AtomicInteger();
    private volatile @Nullable ExecSession program;
    private volatile @Nullable Thread driver;
    private volatile @Nullable Thread feeder;

    /// @param shown with the upgrade
    ExecSocket(
            JsonSocket socket,
            Capsules capsules,
            Entrance entrance,
            CapsuleId id,
            Credentials shown) {
        this.socket = socket;
        this.capsules = capsules;
        this.entrance = entrance;
        this.id = id;
        this.shown = shown;
    }

    @Override
    public void open() {
        driver = Thread.ofVirtual().name("exec-" + id).start(this::drive);
    }

    @Override
    public void message(String text) throws InterruptedException {
        if (ended.getCount() == 0) return; // crossed the end
        Fields message;
        try {
            message = Fields.of(Json.parse(text));
        } catch (ApiException e) {
            message = MALFORMED;
        }
        if (!inbox.put(message, text.length(), INPUT_WITHIN))
            close(JsonSocket.POLICY, "the program does not read its input");
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
                        case Entrance.Decision.In(var row) -> start(row);
                    };
            if (problem.isPresent())
                socket.send(JsonSocket.message("error", "data", problem.get()));
        } catch (ApiException e) {
            socket.trySend(JsonSocket.message("error", "data", e.error().message()));
        } catch (StoreUnavailableException e) {
            socket.trySend(JsonSocket.message("error", "data", ErrorTable.UNAVAILABLE.message()));
        } catch (JsonSocket.SocketGone e) {
            LOG.atDebug().addKeyValue("capsule", id).log("client left");
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt(); // closed
        } catch (RuntimeException e) {
            LOG.atError().addKeyValue("capsule", id).setCause(e).log("exec stream failed");
            socket.trySend(JsonSocket.message("error", "data", ErrorTable.INTERNAL.message()));
        } finally {
            close(JsonSocket.NORMAL, "");
        }
    }

    /// @return what to tell the client when it could not be done
    private Optional<String> start(CapsuleRow row) throws InterruptedException {
        var first = inbox.poll(START_WITHIN);
        if (first != null && Entrance.type(first).equals("auth")) first = inbox.poll(START_WITHIN);
        if (first == null || !Entrance.type(first).equals("start"))
            return Optional.of("expected a start message");
        var command = CommandFields.streaming(first);
        var encoding = first.text("encoding").orElse("utf-8");
        if (!encoding.equals("utf-8") && !encoding.equals("base64"))
            return Optional.of("encoding: expected utf-8 or base64");
        var started = capsules.stream(row, command);
        if (started.isEmpty()) return Optional.of("the capsule's host cannot be reached");
        try (var running = started.get()) {
            program = running;
            if (socket.isClosed()) return Optional.empty();
            var encoder = encoding.equals("base64") ? Encoder.base64() : Encoder.text();
            return new StreamedOutput(socket, encoder).pump(running, it -> begin(running, it));
        } finally {
            ended.countDown();
        }
    }

    private void begin(ExecSession running, int started) {
        pid.set(started);
        feeder = Thread.ofVirtual().name("input-" + id).start(() -> feed(running));
    }

    /// Hands input and signals to the program, in the order they came.
    private void feed(ExecSession running) {
        try {
            for (var message = inbox.take(); message != null; message = inbox.take()) {
                if (ended.getCount() == 0) return;
                switch (message.text("type").orElse("")) {
                    case "stdin" -> running.input(pid.get(), bytes(message));
                    case "stdin_close" -> running.closeInput(pid.get());
                    case "signal" ->
                            running.signal(
                                    pid.get(),
                                    ProcessRoutes.signal(message.text("signal").orElse("")));
                    case "stop" -> stop(running);
                    default -> LOG.atDebug().addKeyValue("capsule", id).log("message ignored");
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt(); // the program has ended
        } catch (ApiException | IllegalArgumentException e) {
            close(JsonSocket.POLICY, "malformed message");
        }
    }

    private void stop(ExecSession running) throws InterruptedException {
        running.signal(pid.get(), ExecSession.Signal.TERM);
        if (!ended.await(KILL_AFTER.toSeconds(), TimeUnit.SECONDS))
            running.signal(pid.get(), ExecSession.Signal.KILL);
    }

    private static byte[] bytes(Fields message) {
        return Base64.getDecoder().decode(message.text("data").orElse(""));
    }

    private void close(int code, String reason) {
        socket.close(code, reason);
        end();
    }

    private void end() {
        entrance.left(this);
        ended.countDown();
        inbox.close();
        var running = program;
        if (running != null) running.close();
        interrupt(feeder);
        if (driver != Thread.currentThread()) interrupt(driver);
    }

    private static void interrupt(@Nullable Thread thread) {
        if (thread != null && thread != Thread.currentThread()) thread.interrupt();
    }
}
