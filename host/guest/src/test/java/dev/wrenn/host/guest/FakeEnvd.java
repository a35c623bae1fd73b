package dev.wrenn.host.guest;

import com.google.protobuf.ByteString;
import dev.wrenn.common.connect.Code;
import dev.wrenn.common.connect.ConnectException;
import dev.wrenn.common.connect.ConnectServer;
import dev.wrenn.common.connect.ConnectService;
import dev.wrenn.common.connect.ProcessMethods;
import dev.wrenn.common.connect.ResponseStream;
import dev.wrenn.contracts.process.CloseStdinResponse;
import dev.wrenn.contracts.process.ProcessEvent;
import dev.wrenn.contracts.process.ProcessSelector;
import dev.wrenn.contracts.process.SendInputResponse;
import dev.wrenn.contracts.process.SendSignalResponse;
import dev.wrenn.contracts.process.Signal;
import dev.wrenn.contracts.process.StartRequest;
import dev.wrenn.contracts.process.StartResponse;
import io.javalin.http.Context;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/// A guest agent without a guest: speaks envd's protocol on a loopback port and knows a few
/// programs (`true`, `exit N`, `echo WORDS`, `flood BYTES`, `cat`, `hang`, `stubborn`).
/// Thread-safe.
public final class FakeEnvd implements AutoCloseable {
    private static final int CHUNK = 32 << 10;
    private static final String EOF = "";

    private final ConnectServer server;
    private final JsonMapper json = JsonMapper.builder().build();
    private final Map<String, Program> programs = new ConcurrentHashMap<>();
    private final AtomicInteger nextPid = new AtomicInteger(100);
    private final List<JsonNode> inits = new CopyOnWriteArrayList<>();
    private final List<String> started = new CopyOnWriteArrayList<>();
    private final List<String> signals = new CopyOnWriteArrayList<>();
    private final CountDownLatch asked = new CountDownLatch(1);
    private volatile CountDownLatch up = new CountDownLatch(0);
    private final Set<Integer> peers = ConcurrentHashMap.newKeySet();
    private volatile int initStatus = 204;
    private volatile int syncStatus = 204;
    private volatile String token = "";

    public FakeEnvd() {
        this(0);
    }

    /// @param port 0: any
    public FakeEnvd(int port) {
        var service =
                ConnectService.builder().stream(
                                ProcessMethods.START,
                                (call, request, out) -> {
                                    authorize(call.header("X-Access-Token"));
                                    start(request, out);
                                })
                        .unary(
                                ProcessMethods.SEND_SIGNAL,
                                (call, request) -> {
                                    authorize(call.header("X-Access-Token"));
                                    find(request.getProcess()).signal(request.getSignal());
                                    return SendSignalResponse.getDefaultInstance();
                                })
                        .unary(
                                ProcessMethods.SEND_INPUT,
                                (call, request) -> {
                                    authorize(call.header("X-Access-Token"));
                                    var input = request.getInput().getStdin().toStringUtf8();
                                    find(request.getProcess()).input.add(input);
                                    return SendInputResponse.getDefaultInstance();
                                })
                        .unary(
                                ProcessMethods.CLOSE_STDIN,
                                (call, request) -> {
                                    authorize(call.header("X-Access-Token"));
                                    find(request.getProcess()).input.add(EOF);
                                    return CloseStdinResponse.getDefaultInstance();
                                })
                        .build();
        server =
                ConnectServer.builder()
                        .port(port)
                        .service(service)
                        .stopTimeout(Duration.ofMillis(100))
                        .configure(config -> {
                            config.routes.before(call -> peers.add(call.req().getRemotePort()));
                            config.routes.get("/health", this::health);
                            config.routes.post("/init", this::init);
                            config.routes.post("/sync", this::sync);
                        })
                        .start();
    }

    /// Where it listens.
    public URI address() {
        return URI.create("http://127.0.0.1:" + server.port());
    }

    /// How many connections brought a request so far.
    public int connections() {
        return peers.size();
    }

    /// From now on `/health` waits until [#wake()].
    public FakeEnvd asleep() {
        up = new CountDownLatch(1);
        return this;
    }

    /// Lets `/health` answer.
    public void wake() {
        up.countDown();
    }

    /// Waits until somebody asked `/health`.
    public void awaitAsked() throws InterruptedException {
        if (!asked.await(20, TimeUnit.SECONDS)) throw new AssertionError("nobody asked /health");
    }

    /// `/init` answers with this status from now on.
    public FakeEnvd refusingInit(int status) {
        initStatus = status;
        return this;
    }

    /// `/sync` answers with this status from now on.
    public FakeEnvd refusingSync(int status) {
        syncStatus = status;
        return this;
    }

    /// Bodies of accepted `/init` calls.
    public List<JsonNode> inits() {
        return List.copyOf(inits);
    }

    /// `tag: program arguments` of all that was to be started, in order.
    public List<String> started() {
        return List.copyOf(started);
    }

    /// `SIGTERM hang`, in order.
    public List<String> signals() {
        return List.copyOf(signals);
    }

    /// Programs that run now.
    public int running() {
        return programs.size();
    }

    private void health(Context http) throws InterruptedException {
        asked.countDown();
        if (!up.await(30, TimeUnit.SECONDS)) throw new AssertionError("never woken");
        http.contentType("application/json").result("{\"version\":\"9.9.9\"}");
    }

    private void sync(Context call) {
        boolean known = token.equals(call.header("X-Access-Token"));
        call.status(known ? syncStatus : 401);
    }

    private void init(Context http) {
        if (initStatus != 204) {
            http.status(initStatus);
            return;
        }
        var body = json.readTree(http.bodyAsBytes());
        var offered = body.path("accessToken").asString("");
        if (!token.isEmpty() && !token.equals(offered)) {
            http.status(401);
            return;
        }
        token = offered;
        inits.add(body);
        http.status(204);
    }

    private void authorize(@org.jspecify.annotations.Nullable String header) {
        if (token.isEmpty() || !token.equals(header))
            throw new ConnectException(Code.UNAUTHENTICATED, "token");
    }

    private Program find(ProcessSelector selector) {
        for (var program : programs.values())
            if (program.tag.equals(selector.getTag()) || program.pid == selector.getPid())
                return program;
        throw new ConnectException(Code.NOT_FOUND, "no process");
    }

    private void start(StartRequest request, ResponseStream<StartResponse> out)
            throws InterruptedException {
        var process = request.getProcess();
        var words = new ArrayList<>(List.of(process.getCmd()));
        words.addAll(process.getArgsList());
        started.add(request.getTag() + ": " + String.join(" ", words));
        if (process.hasCwd() && process.getCwd().startsWith("/missing"))
            throw new ConnectException(
                    Code.INVALID_ARGUMENT, "working folder \"/missing\" does not exist");
        if (!List.of("true", "exit", "echo", "flood", "cat", "hang", "stubborn")
                .contains(process.getCmd()))
            throw new ConnectException(
                    Code.NOT_FOUND, "program \"" + process.getCmd() + "\" not found");
        var program = new Program(nextPid.incrementAndGet(), request.getTag(), process.getCmd());
        programs.put(program.tag, program);
        try {
            out.send(
                    event(
                            ProcessEvent.newBuilder()
                                    .setStart(
                                            ProcessEvent.StartEvent.newBuilder()
                                                    .setPid(program.pid))));
            int code = program.run(process.getArgsList(), out);
            programs.remove(program.tag);
            out.send(
                    event(
                            ProcessEvent.newBuilder()
                                    .setEnd(
                                            ProcessEvent.EndEvent.newBuilder()
                                                    .setExitCode(code)
                                                    .setExited(code < 128))));
        } finally {
            programs.remove(program.tag);
        }
    }

    private static StartResponse event(ProcessEvent.Builder event) {
        return StartResponse.newBuilder().setEvent(event).build();
    }

    private final class Program {
        final int pid;
        final String tag;
        final String name;
        final LinkedBlockingQueue<String> input = new LinkedBlockingQueue<>();
        final LinkedBlockingQueue<Integer> ends = new LinkedBlockingQueue<>();

        Program(int pid, String tag, String name) {
            this.pid = pid;
            this.tag = tag;
            this.name = name;
        }

        void signal(Signal signal) {
            boolean term = signal == Signal.SIGNAL_SIGTERM;
            signals.add((term ? "SIGTERM " : "SIGKILL ") + name);
            if (term && name.equals("stubborn")) return;
            ends.add(term ? 128 + 15 : 128 + 9);
            input.add(EOF);
        }

        int run(List<String> args, ResponseStream<StartResponse> out) throws InterruptedException {
            switch (name) {
                case "exit" -> {
                    return Integer.parseInt(args.getFirst());
                }
                case "echo" -> {
                    stdout(out, ByteString.copyFromUtf8(String.join(" ", args) + "\n"));
                    return 0;
                }
                case "flood" -> {
                    var chunk = ByteString.copyFrom(new byte[CHUNK]);
                    for (long left = Long.parseLong(args.getFirst()); left > 0; left -= CHUNK) {
                        if (!ends.isEmpty()) return ends.take();
                        stdout(out, chunk);
                    }
                    return 0;
                }
                case "cat" -> {
                    for (var text = input.take(); !text.equals(EOF); text = input.take())
                        stdout(out, ByteString.copyFromUtf8(text));
                    return ends.isEmpty() ? 0 : ends.take();
                }
                case "hang", "stubborn" -> {
                    return ends.take();
                }
                default -> {
                    return 0;
                }
            }
        }

        private static void stdout(ResponseStream<StartResponse> out, ByteString data) {
            out.send(
                    event(
                            ProcessEvent.newBuilder()
                                    .setData(ProcessEvent.DataEvent.newBuilder().setStdout(data))));
        }
    }

    @Override
    public void close() {
        wake();
        for (var program : programs.values()) program.ends.add(128 + 9);
        try {
            server.close();
        } catch (RuntimeException e) {
            // a call that is still running when the stop time-out passes: closed all the same
        }
    }
}
