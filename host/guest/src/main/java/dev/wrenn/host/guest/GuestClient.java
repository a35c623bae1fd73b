package dev.wrenn.host.guest;

import com.google.protobuf.ByteString;
import com.google.protobuf.Message;
import dev.wrenn.common.connect.CallOptions;
import dev.wrenn.common.connect.Codec;
import dev.wrenn.common.connect.ConnectClient;
import dev.wrenn.common.connect.ConnectException;
import dev.wrenn.common.connect.Method;
import dev.wrenn.common.connect.ProcessMethods;
import dev.wrenn.common.connect.ServerStream;
import dev.wrenn.common.runtime.Secret;
import dev.wrenn.contracts.process.CloseStdinRequest;
import dev.wrenn.contracts.process.ProcessInput;
import dev.wrenn.contracts.process.ProcessSelector;
import dev.wrenn.contracts.process.SendInputRequest;
import dev.wrenn.contracts.process.SendSignalRequest;
import dev.wrenn.contracts.process.StartRequest;
import java.net.InetSocketAddress;
import java.net.URI;
import java.time.Clock;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/// envd in one capsule. Thread-safe; every method blocks.
public final class GuestClient implements AutoCloseable {
    /// TCP port of envd in every guest.
    public static final int PORT = 49983;

    /// Most bytes kept of each stream of [#exec(Command)]; the rest is read and dropped.
    public static final int OUTPUT_LIMIT = 32 << 20;

    static final Duration CALL_LIMIT = Duration.ofSeconds(30);
    // Input waits while the program does not read.
    static final Duration INPUT_LIMIT = Duration.ofMinutes(10);
    // Asked of envd for every stream, so that silence means that the guest is gone.
    static final Map<String, String> KEEP_ALIVE = Map.of("Keepalive-Ping-Interval", "5");
    static final Duration SILENCE_LIMIT = Duration.ofSeconds(45);
    // Name of a program that its caller gave none; with a UUID.
    static final String EXEC_TAG = "exec-";
    // envd ends the program itself this long after our own limit, should the host agent be gone.
    private static final Duration GUEST_LIMIT_SLACK = Duration.ofSeconds(10);

    private final URI base;
    private final ConnectClient rpc;
    private final GuestSetup setup;
    private final GuestPorts ports;
    private final Set<Execution> executions = ConcurrentHashMap.newKeySet();
    private volatile @Nullable String gone;

    /// @param base `http://address:port` of envd
    /// @param token what the guest asks of everyone, once it has been told
    /// @param clock the host's, for the guest's clock
    public GuestClient(GuestHttp http, URI base, Secret token, Clock clock) {
        this.base = base;
        this.rpc =
                new ConnectClient(
                        http.client(),
                        base,
                        Codec.PROTO,
                        Map.of(GuestSetup.TOKEN_HEADER, token.reveal()));
        this.setup = new GuestSetup(http, base, token, clock);
        this.ports = new GuestPorts(base.getHost(), setup);
    }

    /// A wait for a guest that is still booting.
    public HealthProbe probe() {
        return new HealthProbe(
                new InetSocketAddress(base.getHost(), base.getPort()), setup::version);
    }

    /// Tells a fresh guest who it is and which token it must ask for, sets its clock and feeds its
    /// random number generator. Can be repeated with the same token.
    public InitOutcome init(GuestIdentity identity) {
        return setup.init(identity, Optional.empty());
    }

    /// Like [#init(GuestIdentity)], for a guest restored from another capsule's memory.
    ///
    /// @param known the token that the guest asks for until now; one that has the client's own
    ///   already is fine as well
    public InitOutcome init(GuestIdentity identity, Optional<Secret> known) {
        return setup.init(identity, known);
    }

    /// Runs a program to its end and collects its output. Interrupting the thread kills the
    /// program.
    public ExecOutcome exec(Command command) throws InterruptedException {
        var stdout = new Output(OUTPUT_LIMIT);
        var stderr = new Output(OUTPUT_LIMIT);
        try (var execution = prepare(command)) {
            var last =
                    execution.collect(event -> {
                        if (event instanceof ExecEvent.Stdout(var data)) stdout.add(data);
                        else if (event instanceof ExecEvent.Stderr(var data)) stderr.add(data);
                    });
            return switch (last) {
                case ExecEvent.Exited(var code, _) ->
                        new ExecOutcome.Finished(
                                code,
                                stdout.bytes(),
                                stderr.bytes(),
                                stdout.truncated() || stderr.truncated());
                case ExecEvent.TimedOut(var limit) -> new ExecOutcome.TimedOut(limit);
                case ExecEvent.Rejected(var reason) -> new ExecOutcome.Rejected(reason);
                case ExecEvent.Unreachable(var reason) -> new ExecOutcome.Unreachable(reason);
            };
        }
    }

    /// Starts a program; everything about it, also that there is none, comes as events.
    public Execution start(Command command) {
        return prepare(command).started();
    }

    private Execution prepare(Command command) {
        var tag = EXEC_TAG + UUID.randomUUID();
        var request =
                StartRequest.newBuilder()
                        .setProcess(GuestProcesses.config(command))
                        .setTag(tag)
                        .setStdin(command.stdin())
                        .build();
        var guestLimit =
                command.limit().isZero() ? Duration.ZERO : command.limit().plus(GUEST_LIMIT_SLACK);
        var options = new CallOptions(guestLimit, KEEP_ALIVE).withIdle(SILENCE_LIMIT);
        var control = new TagControl(ProcessSelector.newBuilder().setTag(tag).build());
        var execution =
                new Execution(open(ProcessMethods.START, request, options), command, control);
        executions.add(execution);
        var reason = gone;
        if (reason != null) execution.abort(reason);
        return execution;
    }

    /// A failure at the start comes out of the stream, like any later one.
    <Q extends Message, R extends Message> ServerStream<R> open(
            Method<Q, R> method, Q request, CallOptions options) {
        try {
            return rpc.stream(method, request, options);
        } catch (ConnectException e) {
            return new ServerStream<>() {
                @Override
                public R next() {
                    throw e;
                }

                @Override
                public void close() {}
            };
        }
    }

    /// Bytes for the standard input of a program started with `stdin`.
    public ProcessOutcome sendInput(int pid, ByteString data) {
        return call(
                ProcessMethods.SEND_INPUT,
                INPUT_LIMIT,
                SendInputRequest.newBuilder()
                        .setProcess(selector(pid))
                        .setInput(ProcessInput.newBuilder().setStdin(data))
                        .build());
    }

    /// Ends the standard input of a program.
    public ProcessOutcome closeInput(int pid) {
        return call(
                ProcessMethods.CLOSE_STDIN,
                CALL_LIMIT,
                CloseStdinRequest.newBuilder().setProcess(selector(pid)).build());
    }

    /// Signals the process group of a program.
    public ProcessOutcome kill(ProcessId process, KillSignal signal) {
        return signal(process.wire(), signal);
    }

    /// Programs that go on without their caller, and terminals.
    public GuestProcesses processes() {
        return new GuestProcesses(this);
    }

    /// Files and folders.
    public GuestFiles files() {
        return new GuestFiles(this, rpc);
    }

    /// Has the guest write back what it holds in memory of its disk; no program of the guest's is
    /// needed for it.
    ///
    /// @return whether it did so within the limit
    public boolean sync(Duration limit) {
        return setup.sync(limit);
    }

    /// Its other ports.
    public GuestPorts ports() {
        return ports;
    }

    /// Ends every call in flight at once: the guest is gone.
    ///
    /// @param reason in words, given to those who wait
    public void close(String reason) {
        gone = reason;
        for (var execution : executions) execution.abort(reason);
        ports.close(reason);
        rpc.close();
        setup.close();
    }

    @Override
    public void close() {
        close("the capsule has ended");
    }

    private ProcessOutcome signal(ProcessSelector process, KillSignal signal) {
        return call(
                ProcessMethods.SEND_SIGNAL,
                CALL_LIMIT,
                SendSignalRequest.newBuilder()
                        .setProcess(process)
                        .setSignal(signal.wire())
                        .build());
    }

    /// A call whose answer carries nothing.
    <Q extends Message, R extends Message> ProcessOutcome call(
            Method<Q, R> method, Duration limit, Q request) {
        var reason = gone;
        if (reason != null) return new ProcessOutcome.Unreachable(reason);
        try {
            ask(method, limit, request);
            return new ProcessOutcome.Done();
        } catch (ConnectException e) {
            var words = GuestEvents.words(e);
            return switch (e.code()) {
                case NOT_FOUND -> new ProcessOutcome.NoProcess();
                case INVALID_ARGUMENT, FAILED_PRECONDITION, RESOURCE_EXHAUSTED ->
                        new ProcessOutcome.Rejected(words);
                default -> new ProcessOutcome.Unreachable(words);
            };
        }
    }

    /// @throws ConnectException when it is refused or not answered
    <Q extends Message, R extends Message> R ask(Method<Q, R> method, Duration limit, Q request) {
        return rpc.unary(method, request, CallOptions.timeout(limit));
    }

    /// Why the guest is gone, null while it is there.
    @Nullable String gone() {
        return gone;
    }

    private static ProcessSelector selector(int pid) {
        return new ProcessId.Pid(pid).wire();
    }

    /// Signals by tag: the pid is not known before the start event.
    private final class TagControl implements Execution.Control {
        private final ProcessSelector process;

        TagControl(ProcessSelector process) {
            this.process = process;
        }

        @Override
        public boolean signal(KillSignal signal) {
            return GuestClient.this.signal(process, signal) instanceof ProcessOutcome.Done;
        }

        @Override
        public void ended(Execution execution) {
            executions.remove(execution);
        }
    }
}
