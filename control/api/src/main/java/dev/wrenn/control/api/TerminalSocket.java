package dev.wrenn.control.api;

import dev.wrenn.common.model.CapsuleId;
import dev.wrenn.control.domain.StoreUnavailableException;
import dev.wrenn.control.domain.capsules.CapsuleRow;
import dev.wrenn.control.domain.capsules.Processes;
import dev.wrenn.control.domain.hosts.TerminalEvent;
import dev.wrenn.control.domain.hosts.TerminalSession;
import java.time.Duration;
import java.util.Base64;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// One client at a terminal. A virtual thread brings output to it, each piece awaited: a slow
/// client slows the program. A second one brings input to the terminal. Closing the socket leaves
/// the terminal alone; what was typed before is still typed.
final class TerminalSocket implements SocketSession {
    private static final Logger LOG = LoggerFactory.getLogger(TerminalSocket.class);
    private static final Duration START_WITHIN = Duration.ofSeconds(30);

    /// How long input may wait for a program that does not read.
    private static final Duration INPUT_WITHIN = Duration.ofMinutes(10);

    /// How long a kill may wait for the input before it, and input for its delivery after a close.
    private static final long GRACE_SECONDS = 5;

    private static final ApiException NO_START =
            ApiException.invalid("first message must be type 'start' or 'connect'");

    private final JsonSocket socket;
    private final Processes processes;
    private final Entrance entrance;
    private final CapsuleId id;
    private final Credentials shown;
    private final TerminalTimes times;
    private final ScheduledExecutorService clock;
    private final Inbox inbox = new Inbox();
    private final AtomicBoolean killWanted = new AtomicBoolean();
    private volatile @Nullable TerminalSession terminal;
    private volatile @Nullable Thread driver;
    private volatile @Nullable Thread feeder;
    private volatile String tag = "";

    /// @param shown with the upgrade
    /// @param clock for what has to happen later; must not be blocked
    TerminalSocket(
            JsonSocket socket,
            Processes processes,
            Entrance entrance,
            CapsuleId id,
            Credentials shown,
            TerminalTimes times,
            ScheduledExecutorService clock) {
        this.socket = socket;
        this.processes = processes;
        this.entrance = entrance;
        this.id = id;
        this.shown = shown;
        this.times = times;
        this.clock = clock;
    }

    @Override
    public void open() {
        driver = Thread.ofVirtual().name("pty-" + id).start(this::drive);
    }

    @Override
    public void message(String text) throws InterruptedException {
        Fields message;
        try {
            message = Fields.of(Json.parse(text));
        } catch (ApiException e) {
            problem(e.error().message());
            return;
        }
        switch (Entrance.type(message)) {
            case "pong" -> {} // its frame was seen
            case "kill" -> {
                killWanted.set(true);
                clock.schedule(this::killOutOfTurn, GRACE_SECONDS, TimeUnit.SECONDS);
                put(message, text.length());
            }
            default -> put(message, text.length());
        }
    }

    private void put(Fields message, int weight) throws InterruptedException {
        if (!inbox.put(message, weight, INPUT_WITHIN))
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
        try (var watch = new Liveness(socket, times, clock, inbox::isFull, this::inactive)) {
            fatal(run(watch));
        } catch (ApiException e) {
            fatal(Optional.of(e.error().message()));
        } catch (StoreUnavailableException e) {
            fatal(Optional.of(ErrorTable.UNAVAILABLE.message()));
        } catch (JsonSocket.SocketGone e) {
            LOG.atDebug().addKeyValue("capsule", id).log("client left");
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt(); // closed
        } catch (RuntimeException e) {
            LOG.atError().addKeyValue("capsule", id).setCause(e).log("terminal failed");
            fatal(Optional.of(ErrorTable.INTERNAL.message()));
        } finally {
            close(JsonSocket.NORMAL, "");
        }
    }

    /// @return what to tell the client when it could not be done
    private Optional<String> run(Liveness watch) throws InterruptedException {
        return switch (entrance.enter(this, id, shown, inbox)) {
            case Entrance.Decision.Out(var words) -> Optional.of(words);
            case Entrance.Decision.In(var row) -> begin(row, watch);
        };
    }

    private Optional<String> begin(CapsuleRow row, Liveness watch) throws InterruptedException {
        var first = inbox.poll(START_WITHIN);
        // Who has shown a header may send its credentials once more.
        if (first != null && Entrance.type(first).equals("auth")) first = inbox.poll(START_WITHIN);
        if (first == null) throw NO_START;
        var opened =
                switch (Entrance.type(first)) {
                    case "start" -> processes.open(row, CommandFields.terminal(first));
                    case "connect" -> {
                        var wanted = first.text("tag").orElse("");
                        if (wanted.isEmpty())
                            throw ApiException.invalid("connect requires a 'tag' field");
                        yield processes.reopen(row, wanted);
                    }
                    default -> throw NO_START;
                };
        if (opened.isEmpty()) return Optional.of("sandbox host is not reachable");
        try (var running = opened.get()) {
            terminal = running;
            return socket.isClosed() ? Optional.empty() : pump(running, watch);
        }
    }

    private Optional<String> pump(TerminalSession running, Liveness watch) {
        while (true) {
            switch (running.next()) {
                case TerminalEvent.Started(var pid, var name) -> {
                    tag = name;
                    // First: a client that has seen the message may type and leave before the
                    // sending of it returns here.
                    feeder = Thread.ofVirtual().name("input-" + id).start(() -> feed(running));
                    socket.send(JsonSocket.message("started", "tag", name, "pid", pid));
                }
                case TerminalEvent.Output(var data) -> {
                    var text = Base64.getEncoder().encodeToString(data);
                    socket.send(JsonSocket.message("output", "data", text));
                    watch.delivered();
                }
                case TerminalEvent.Exited(var code) -> {
                    socket.send(JsonSocket.message("exit", "exit_code", code));
                    return Optional.empty();
                }
                case TerminalEvent.Broken(var fault, var detail) -> {
                    if (socket.isClosed()) return Optional.empty();
                    return Optional.of(
                            fault.unreached() ? "sandbox host is not reachable" : detail);
                }
            }
        }
    }

    private void feed(TerminalSession running) {
        try {
            new TerminalInput(inbox, running, tag, this::problem, () -> killWanted.set(false))
                    .run();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt(); // the grace after a close is over
        }
    }

    /// The input before a kill may wait for a program that does not read; the kill does not.
    private void killOutOfTurn() {
        var running = terminal;
        if (running == null || !killWanted.get()) return;
        Thread.ofVirtual().name("kill-" + id).start(() -> running.kill(tag));
    }

    /// Called by the clock.
    private void inactive() {
        Thread.ofVirtual()
                .start(() -> {
                    socket.sendLater(error("inactivity timeout", true));
                    close(JsonSocket.NORMAL, "");
                });
        // Somebody who does not even take the close is cut off.
        clock.schedule(socket::disconnect, GRACE_SECONDS, TimeUnit.SECONDS);
    }

    /// Not the end: the client has said something that cannot be done.
    private void problem(String words) {
        socket.trySend(error(words, false));
    }

    private void fatal(Optional<String> words) {
        words.ifPresent(it -> socket.trySend(error(it, true)));
    }

    private static Map<String, Object> error(String words, boolean fatal) {
        return JsonSocket.message("error", "data", words, "fatal", fatal);
    }

    private void close(int code, String reason) {
        socket.close(code, reason);
        end();
    }

    private void end() {
        entrance.left(this);
        inbox.close();
        var running = terminal;
        if (running != null) running.close();
        var typing = feeder;
        if (typing != null) clock.schedule(typing::interrupt, GRACE_SECONDS, TimeUnit.SECONDS);
        var thread = driver;
        if (thread != null && thread != Thread.currentThread()) thread.interrupt();
    }
}
