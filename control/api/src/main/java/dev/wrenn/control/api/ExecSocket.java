package dev.wrenn.control.api;

import dev.wrenn.common.model.CapsuleId;
import dev.wrenn.control.domain.StoreUnavailableException;
import dev.wrenn.control.domain.capsules.CapsuleRow;
import dev.wrenn.control.domain.capsules.Capsules;
import dev.wrenn.control.domain.capsules.Outcomes;
import dev.wrenn.control.domain.hosts.ExecEvent;
import dev.wrenn.control.domain.hosts.ExecSession;
import dev.wrenn.control.domain.identity.Authenticator;
import dev.wrenn.control.domain.identity.Principal;
import java.time.Duration;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.eclipse.jetty.websocket.api.Callback;
import org.eclipse.jetty.websocket.api.Session;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// One streamed command. One virtual thread runs it and is the only sender of messages; each is
/// awaited, so a slow reader slows the program. A second one takes what the client sends, in order.
/// The socket has one close; it ends the program.
final class ExecSocket {
    private static final Logger LOG = LoggerFactory.getLogger(ExecSocket.class);
    private static final Duration START_WITHIN = Duration.ofSeconds(30);
    private static final Duration KILL_AFTER = Duration.ofSeconds(5);

    /// How long input may wait for a program that does not read.
    private static final Duration INPUT_WITHIN = Duration.ofMinutes(10);

    private static final int WAITING = 64;
    private static final int NORMAL = 1000; // RFC 6455, 7.4.1, as the next two
    private static final int GOING_AWAY = 1001;
    private static final int POLICY = 1008;

    private final Session session;
    private final Capsules capsules;
    private final Authenticator authenticator;
    private final CapsuleId id;
    private final @Nullable String apiKey;
    private final BlockingQueue<Fields> inbox = new ArrayBlockingQueue<>(WAITING);
    private final AtomicBoolean closed = new AtomicBoolean();
    private final CountDownLatch ended = new CountDownLatch(1);
    private final AtomicInteger pid = new AtomicInteger();
    private volatile @Nullable ExecSession program;
    private volatile @Nullable Thread driver;
    private volatile @Nullable Thread feeder;

    ExecSocket(
            Session session,
            Capsules capsules,
            Authenticator authenticator,
            CapsuleId id,
            @Nullable String apiKey) {
        this.session = session;
        this.capsules = capsules;
        this.authenticator = authenticator;
        this.id = id;
        this.apiKey = apiKey;
    }

    /// The client is connected.
    void open() {
        driver = Thread.ofVirtual().name("exec-" + id).start(this::drive);
    }

    /// A message arrived. Waiting here holds the client up.
    void message(String text) throws InterruptedException {
        if (ended.getCount() == 0) return; // crossed the end
        Fields message;
        try {
            message = Fields.of(Json.parse(text));
        } catch (ApiException e) {
            message = Fields.of(Json.parse("{\"type\":\"\"}"));
        }
        if (!inbox.offer(message, INPUT_WITHIN.toSeconds(), TimeUnit.SECONDS))
            close(POLICY, "the program does not read its input");
    }

    /// The client is gone, or the server goes.
    void closed() {
        closed.set(true);
        end();
    }

    void goAway() {
        close(GOING_AWAY, "the server is stopping");
    }

    private void drive() {
        try {
            var problem = run();
            if (problem.isPresent()) send(Map.of("type", "error", "data", problem.get()));
        } catch (ApiException e) {
            trySend(e.error().message());
        } catch (StoreUnavailableException e) {
            trySend(ErrorTable.UNAVAILABLE.message());
        } catch (SocketGone e) {
            LOG.atDebug().addKeyValue("capsule", id).log("client left");
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt(); // closed
        } catch (RuntimeException e) {
            LOG.atError().addKeyValue("capsule", id).setCause(e).log("exec stream failed");
            trySend(ErrorTable.INTERNAL.message());
        } finally {
            close(NORMAL, "");
        }
    }

    /// @return what to tell the client when it could not be done
    private Optional<String> run() throws InterruptedException {
        var caller =
                apiKey == null ? Optional.<Principal>empty() : authenticator.authenticate(apiKey);
        if (caller.isEmpty()) return Optional.of("authentication failed");
        return switch (capsules.ready(caller.get().team(), id)) {
            case Outcomes.Ready.NotFound _ -> Optional.of("sandbox not found");
            case Outcomes.Ready.No(var state) ->
                    Optional.of("sandbox is not running (status: " + state.word() + ")");
            case Outcomes.Ready.Yes(var row) -> start(row);
        };
    }

    private Optional<String> start(CapsuleRow row) throws InterruptedException {
        var first = inbox.poll(START_WITHIN.toSeconds(), TimeUnit.SECONDS);
        if (first == null || !first.text("type").orElse("").equals("start"))
            return Optional.of("expected a start message");
        var command = CommandFields.streaming(first);
        var encoding = first.text("encoding").orElse("utf-8");
        if (!encoding.equals("utf-8") && !encoding.equals("base64"))
            return Optional.of("encoding: expected utf-8 or base64");
        var started = capsules.stream(row, command);
        if (started.isEmpty()) return Optional.of("the capsule's host cannot be reached");
        try (var running = started.get()) {
            program = running;
            if (closed.get()) return Optional.empty();
            return pump(running, encoding.equals("base64") ? Encoder.base64() : Encoder.text());
        } finally {
            ended.countDown();
        }
    }

    private Optional<String> pump(ExecSession running, Encoder encoder) {
        while (true) {
            switch (running.next()) {
                case ExecEvent.Started(var started) -> {
                    pid.set(started);
                    send(Map.of("type", "start", "pid", started));
                    feeder = Thread.ofVirtual().name("input-" + id).start(() -> feed(running));
                }
                case ExecEvent.Stdout(var data) -> output("stdout", encoder.stdout(data));
                case ExecEvent.Stderr(var data) -> output("stderr", encoder.stderr(data));
                case ExecEvent.Exited(var code) -> {
                    output("stdout", encoder.stdoutEnd());
                    output("stderr", encoder.stderrEnd());
                    send(Map.of("type", "exit", "exit_code", code));
                    return Optional.empty();
                }
                case ExecEvent.Broken(_, var detail) -> {
                    if (closed.get()) return Optional.empty();
                    output("stdout", encoder.stdoutEnd());
                    output("stderr", encoder.stderrEnd());
                    return Optional.of(detail);
                }
            }
        }
    }

    /// Hands input and signals to the program, in the order they came.
    private void feed(ExecSession running) {
        try {
            while (ended.getCount() > 0) {
                var message = inbox.take();
                switch (message.text("type").orElse("")) {
                    case "stdin" -> running.input(pid.get(), bytes(message));
                    case "stdin_close" -> running.closeInput(pid.get());
                    case "signal" -> signal(running, message.text("signal").orElse(""));
                    case "stop" -> stop(running);
                    default -> LOG.atDebug().addKeyValue("capsule", id).log("message ignored");
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt(); // the program has ended
        } catch (ApiException | IllegalArgumentException e) {
            close(POLICY, "malformed message");
        }
    }

    private void signal(ExecSession running, String name) {
        switch (name) {
            case "SIGTERM" -> running.signal(pid.get(), ExecSession.Signal.TERM);
            case "SIGKILL" -> running.signal(pid.get(), ExecSession.Signal.KILL);
            default -> throw ApiException.invalid("signal: expected SIGTERM or SIGKILL");
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

    private void output(String type, String data) {
        if (data.isEmpty()) return;
        var message = new LinkedHashMap<String, Object>();
        message.put("type", type);
        message.put("data", data);
        send(message);
    }

    private void trySend(String problem) {
        try {
            send(Map.of("type", "error", "data", problem));
        } catch (SocketGone e) {
            LOG.atDebug().addKeyValue("capsule", id).log("client left before the error");
        }
    }

    /// Waits until the message is on its way; a slow client is waited for, a dead one is found by
    /// the pings.
    private void send(Map<String, Object> message) {
        var text = Json.text(message);
        try {
            Callback.Completable.with(done -> session.sendText(text, done)).get();
        } catch (ExecutionException e) {
            throw new SocketGone(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new SocketGone(e);
        }
    }

    private void close(int code, String reason) {
        if (closed.compareAndSet(false, true)) session.close(code, reason, Callback.NOOP);
        end();
    }

    private void end() {
        ended.countDown();
        var running = program;
        if (running != null) running.close();
        interrupt(feeder);
        if (driver != Thread.currentThread()) interrupt(driver);
    }

    private static void interrupt(@Nullable Thread thread) {
        if (thread != null && thread != Thread.currentThread()) thread.interrupt();
    }

    /// The client cannot be reached any more.
    private static final class SocketGone extends RuntimeException {
        private static final long serialVersionUID = 1L;

        SocketGone(Throwable cause) {
            super("socket gone", cause);
        }
    }
}
