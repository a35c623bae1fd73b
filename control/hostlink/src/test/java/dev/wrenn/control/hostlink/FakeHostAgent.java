package dev.wrenn.control.hostlink;

import static dev.wrenn.common.connect.HostAgentMethods.*;

import dev.wrenn.common.connect.CallContext;
import dev.wrenn.common.connect.Code;
import dev.wrenn.common.connect.ConnectException;
import dev.wrenn.common.connect.ConnectServer;
import dev.wrenn.common.connect.ConnectService;
import dev.wrenn.common.connect.ResponseStream;
import dev.wrenn.common.connect.SandboxLists;
import dev.wrenn.contracts.hostagent.v1.*;
import io.javalin.util.JavalinException;
import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Predicate;
import org.eclipse.jetty.util.ssl.SslContextFactory;

/// A host agent without VMs: the real protocol over a real socket, capsules in memory. Boots can be
/// held and made to fail; capsules can die or vanish; the agent can go away and come back with what
/// it had. Thread-safe.
public final class FakeHostAgent implements AutoCloseable {
    private static final Duration HEARTBEAT = Duration.ofMillis(500);

    private final Map<String, Sandbox> sandboxes = new LinkedHashMap<>(); // guarded by this
    private final Set<LinkedBlockingQueue<WatchSandboxesResponse>> watchers =
            ConcurrentHashMap.newKeySet();
    private final Map<String, CreateSandboxRequest> orders = new ConcurrentHashMap<>();
    private final Map<String, SetNetworkRequest> networks = new ConcurrentHashMap<>();
    private final AtomicInteger creates = new AtomicInteger();
    private final AtomicInteger destroys = new AtomicInteger();
    private final AtomicInteger terminates = new AtomicInteger();
    private final AtomicInteger slots = new AtomicInteger();
    private final FakePrograms programs = new FakePrograms();
    private final FakeProcesses processes = new FakeProcesses();
    private final FakeFiles files = new FakeFiles(this::isRunning);
    private final FakePauses pauses = new FakePauses(this);
    private final Optional<SslContextFactory.Server> tls;
    private FakePorts ports;
    private volatile CountDownLatch gate = new CountDownLatch(0);
    private volatile Optional<ConnectException> bootFailure = Optional.empty();
    private volatile boolean ready = true;
    private volatile int memoryLimitMb = 1 << 20;
    private volatile int vcpusLimit = 1 << 12;
    private ConnectServer server;
    private int port;

    private FakeHostAgent(Optional<SslContextFactory.Server> tls) {
        this.tls = tls;
    }

    /// Listens on a free loopback port, without TLS.
    public static FakeHostAgent start() {
        return start(Optional.empty());
    }

    public static FakeHostAgent start(Optional<SslContextFactory.Server> tls) {
        var agent = new FakeHostAgent(tls);
        agent.comeBack();
        return agent;
    }

    /// `host:port`.
    public String address() {
        return "127.0.0.1:" + port;
    }

    /// Stops listening; capsules stay.
    public void goAway() {
        try {
            server.close();
        } catch (JavalinException e) {
            // calls that did not end in time are cut off, which is what is wanted
        }
        ports.close();
    }

    /// Listens again, on the same port.
    public void comeBack() {
        var service =
                ConnectService.builder()
                        .maxResponseBytes(66 << 20)
                        .unary(CREATE_SANDBOX, (_, q) -> create(q))
                        .unary(DESTROY_SANDBOX, (_, q) -> destroy(q))
                        .unary(PAUSE_SANDBOX, (_, q) -> pauses.pause(q))
                        .unary(RESUME_SANDBOX, (_, q) -> pauses.resume(q))
                        .unary(GET_SANDBOX_METRICS, (_, q) -> pauses.metrics.points(q))
                        .unary(FLUSH_SANDBOX_METRICS, (_, q) -> pauses.metrics.flush(q))
                        .unary(CREATE_SNAPSHOT, (_, q) -> pauses.snapshot(q))
                        .unary(DELETE_SNAPSHOT, (_, q) -> pauses.delete(q))
                        .unary(GET_SANDBOX, (_, q) -> get(q))
                        .unary(
                                LIST_SANDBOXES,
                                (_, q) -> SandboxLists.answer(q, capsules().values()))
                        .unary(PING_SANDBOX, (_, q) -> ping(q))
                        .unary(SET_NETWORK, (_, q) -> network(q))
                        .unary(GET_HOST, (_, _) -> host())
                        .unary(TERMINATE, (_, _) -> terminate())
                        .unary(EXEC, (_, q) -> programs.exec(running(q.getSandboxId()), q))
                        .unary(SEND_INPUT, (_, q) -> programs.input(q))
                        .unary(CLOSE_INPUT, (_, q) -> programs.closeInput(q))
                        .unary(KILL_PROCESS, (_, q) -> kill(q))
                        .unary(START_BACKGROUND, (_, q) -> processes.start(q))
                        .unary(LIST_PROCESSES, (_, q) -> processes.list(q))
                        .unary(PTY_SEND_INPUT, (_, q) -> processes.input(q))
                        .unary(PTY_RESIZE, (_, q) -> processes.resize(q))
                        .unary(PTY_KILL, (_, q) -> processes.kill(q))
                        .unary(STAT_PATH, (_, q) -> files.stat(q))
                        .unary(LIST_DIR, (_, q) -> files.list(q))
                        .unary(MAKE_DIR, (_, q) -> files.make(q))
                        .unary(REMOVE_PATH, (_, q) -> files.remove(q))
                        .unary(RENAME_PATH, (_, q) -> files.rename(q))
                        .stream(CONNECT_PROCESS, (_, q, out) -> processes.connect(q, out))
                        .stream(PTY_ATTACH, (_, q, out) -> processes.attach(q, out))
                        .stream(
                                EXEC_STREAM,
                                (c, q, out) -> {
                                    running(q.getSandboxId());
                                    programs.stream(c, q, out);
                                })
                        .stream(WATCH_SANDBOXES, this::watch)
                        .build();
        ports = new FakePorts(this::runs);
        var builder =
                ConnectServer.builder()
                        .port(port)
                        .front(ports, FakePorts::reading)
                        .stopTimeout(Duration.ofMillis(200))
                        .configure(files::install)
                        .service(service);
        tls.ifPresent(builder::tls);
        server = builder.start();
        port = server.port();
    }

    /// What it saves and lets go on.
    public FakePauses pauses() {
        return pauses;
    }

    /// The ports of its guests.
    public FakePorts ports() {
        return ports;
    }

    /// The files of its guests.
    public FakeFiles files() {
        return files;
    }

    private boolean isRunning(String id) {
        try {
            running(id);
            return true;
        } catch (ConnectException e) {
            return false;
        }
    }

    /// What goes on in its guests without a caller.
    public FakeProcesses processes() {
        return processes;
    }

    private KillProcessResponse kill(KillProcessRequest q) {
        return processes.kill(q) ? KillProcessResponse.getDefaultInstance() : programs.kill(q);
    }

    /// Boots wait until [#releaseBoots()].
    public void holdBoots() {
        gate = new CountDownLatch(1);
    }

    public void releaseBoots() {
        gate.countDown();
    }

    /// The next boots fail like this; null: they succeed again.
    public void failBoots(Code code, String message) {
        bootFailure =
                code == null ? Optional.empty() : Optional.of(new ConnectException(code, message));
    }

    /// What it says it promises at most.
    public void capacity(int memoryMb, int vcpus) {
        memoryLimitMb = memoryMb;
        vcpusLimit = vcpus;
    }

    public void ready(boolean value) {
        ready = value;
    }

    /// The VM ends by itself; the record stays until it is destroyed.
    public void die(String id, String cause) {
        change(
                id,
                s ->
                        s.toBuilder()
                                .setStatus(SandboxStatus.SANDBOX_STATUS_STOPPED)
                                .setCause(cause)
                                .build());
    }

    /// The host forgets the capsule without a word.
    public synchronized void forget(String id) {
        sandboxes.remove(id);
    }

    /// Tells watchers a word that is not true any more, as one that was long on its way.
    public void sayLate(Sandbox word) {
        tell(WatchSandboxesResponse.newBuilder().setChanged(word).build());
    }

    /// Tells watchers that a capsule tried to go where it may not.
    public void deny(String id, long packets, String flow) {
        var denied =
                WatchSandboxesResponse.Denied.newBuilder()
                        .setSandboxId(id)
                        .setIncarnation(1)
                        .setPackets(packets)
                        .addFlows(flow);
        tell(WatchSandboxesResponse.newBuilder().setDenied(denied).build());
    }

    private synchronized SetNetworkResponse network(SetNetworkRequest q) {
        if (!sandboxes.containsKey(q.getSandboxId()))
            throw new ConnectException(Code.NOT_FOUND, "no such sandbox");
        networks.put(q.getSandboxId(), q);
        return SetNetworkResponse.getDefaultInstance();
    }

    /// What the host was asked for when it last was asked for this capsule.
    public CreateSandboxRequest created(String id) {
        var order = orders.get(id);
        if (order == null) throw new AssertionError("never asked for " + id);
        return order;
    }

    /// The policies last told of each capsule.
    public Map<String, SetNetworkRequest> networks() {
        return Map.copyOf(networks);
    }

    /// The host has a capsule that nobody ordered.
    public void plant(String id) {
        put(
                Sandbox.newBuilder()
                        .setSandboxId(id)
                        .setIncarnation(1)
                        .setStatus(SandboxStatus.SANDBOX_STATUS_RUNNING)
                        .build());
    }

    public synchronized Map<String, Sandbox> capsules() {
        return Map.copyOf(sandboxes);
    }

    /// How often a create arrived.
    public int creates() {
        return creates.get();
    }

    public int destroys() {
        return destroys.get();
    }

    /// Programs that run now.
    public int running() {
        return programs.running();
    }

    /// Waits until the capsules look as wanted.
    public boolean await(Duration limit, Predicate<Map<String, Sandbox>> wanted)
            throws InterruptedException {
        long end = System.nanoTime() + limit.toNanos();
        synchronized (this) {
            while (!wanted.test(Map.copyOf(sandboxes))) {
                long left = (end - System.nanoTime()) / 1_000_000;
                if (left <= 0) return false;
                wait(left);
            }
            return true;
        }
    }

    private CreateSandboxResponse create(CreateSandboxRequest q) throws InterruptedException {
        creates.incrementAndGet();
        orders.put(q.getSandboxId(), q);
        synchronized (this) {
            notifyAll();
        }
        var failure = bootFailure;
        if (failure.isPresent())
            throw new ConnectException(failure.get().code(), failure.get().getMessage());
        Sandbox known;
        synchronized (this) {
            known = sandboxes.get(q.getSandboxId());
            if (known != null && known.getIncarnation() != q.getIncarnation())
                throw new ConnectException(Code.ALREADY_EXISTS, "another life exists");
        }
        if (known == null) {
            known = booting(q);
            put(known);
        }
        // Like a real host: the boot goes on even when the call is cancelled.
        var held = gate;
        var id = q.getSandboxId();
        if (held.getCount() > 0) {
            Thread.ofVirtual()
                    .start(() -> {
                        try {
                            held.await();
                            boot(id);
                        } catch (InterruptedException e) {
                            Thread.currentThread().interrupt();
                        }
                    });
            held.await();
        }
        boot(id);
        synchronized (this) {
            var now = sandboxes.get(id);
            if (now == null) throw new ConnectException(Code.INTERNAL, "destroyed meanwhile");
            return CreateSandboxResponse.newBuilder().setSandbox(now).build();
        }
    }

    private Sandbox booting(CreateSandboxRequest q) {
        int slot = slots.incrementAndGet();
        return Sandbox.newBuilder()
                .setSandboxId(q.getSandboxId())
                .setIncarnation(q.getIncarnation())
                .setStatus(SandboxStatus.SANDBOX_STATUS_BOOTING)
                .setTeamId(q.getTeamId())
                .setTemplateId(q.getTemplateId())
                .setVcpus(q.getVcpus())
                .setMemoryMb(q.getMemoryMb())
                .setTimeoutSec(q.getTimeoutSec())
                .setHostIp("10.11.0." + slot % 256)
                .setGuestIp("169.254.0.21")
                .build();
    }

    private void boot(String id) {
        change(
                id,
                s ->
                        s.getStatus() != SandboxStatus.SANDBOX_STATUS_BOOTING
                                ? s
                                : s.toBuilder()
                                        .setStatus(SandboxStatus.SANDBOX_STATUS_RUNNING)
                                        .setStartedAtUnixMs(Instant.now().toEpochMilli())
                                        .setLastActiveAtUnixMs(Instant.now().toEpochMilli())
                                        .putMetadata("kernel_version", "6.1.0")
                                        .putMetadata("agent_version", "0.0.0-fake")
                                        .putMetadata("envd_version", "0.0.0-fake")
                                        .putMetadata("accel", "none")
                                        .build());
    }

    private DestroySandboxResponse destroy(DestroySandboxRequest q) {
        destroys.incrementAndGet();
        synchronized (this) {
            var gone = sandboxes.remove(q.getSandboxId());
            if (gone == null) throw new ConnectException(Code.NOT_FOUND, "no such sandbox");
            tell(
                    WatchSandboxesResponse.newBuilder()
                            .setRemoved(
                                    WatchSandboxesResponse.Removed.newBuilder()
                                            .setSandboxId(gone.getSandboxId())
                                            .setIncarnation(gone.getIncarnation()))
                            .build());
            notifyAll();
        }
        return DestroySandboxResponse.getDefaultInstance();
    }

    private synchronized GetSandboxResponse get(GetSandboxRequest q) {
        return GetSandboxResponse.newBuilder().setSandbox(known(q.getSandboxId())).build();
    }

    private PingSandboxResponse ping(PingSandboxRequest q) {
        running(q.getSandboxId());
        return PingSandboxResponse.getDefaultInstance();
    }

    private synchronized GetHostResponse host() {
        return GetHostResponse.newBuilder()
                .setAgentVersion("0.0.0-fake")
                .setReady(ready)
                .setNotReadyReason(ready ? "" : "told so")
                .setCpus(8)
                .setMemoryMb(65_536)
                .setDiskFreeMb(100_000)
                .setCapsules(sandboxes.size())
                .setMemoryLimitMb(memoryLimitMb)
                .setVcpusLimit(vcpusLimit)
                .addTemplateIds("00000000-0000-0000-0000-000000000000")
                .addAllTemplateIds(
                        pauses.templates().stream().map(t -> t.replaceFirst(".*/", "")).toList())
                .build();
    }

    private TerminateResponse terminate() {
        terminates.incrementAndGet();
        return TerminateResponse.getDefaultInstance();
    }

    /// How often it was told to end.
    public int terminates() {
        return terminates.get();
    }

    synchronized Sandbox known(String id) {
        var known = sandboxes.get(id);
        if (known == null) throw new ConnectException(Code.NOT_FOUND, "no such sandbox");
        return known;
    }

    private synchronized boolean runs(String id) {
        var known = sandboxes.get(id);
        return known != null && known.getStatus() == SandboxStatus.SANDBOX_STATUS_RUNNING;
    }

    private Sandbox running(String id) {
        var known = known(id);
        if (known.getStatus() != SandboxStatus.SANDBOX_STATUS_RUNNING)
            throw new ConnectException(Code.FAILED_PRECONDITION, "sandbox is not running");
        return known;
    }

    private void watch(
            CallContext context,
            WatchSandboxesRequest q,
            ResponseStream<WatchSandboxesResponse> out)
            throws InterruptedException {
        var queue = new LinkedBlockingQueue<WatchSandboxesResponse>();
        WatchSandboxesResponse snapshot;
        synchronized (this) {
            watchers.add(queue);
            snapshot =
                    WatchSandboxesResponse.newBuilder()
                            .setSnapshot(
                                    WatchSandboxesResponse.Snapshot.newBuilder()
                                            .addAllSandboxes(sandboxes.values()))
                            .build();
        }
        try {
            out.send(snapshot);
            while (!context.canceled()) {
                var event = queue.poll(HEARTBEAT.toMillis(), TimeUnit.MILLISECONDS);
                out.send(
                        event != null
                                ? event
                                : WatchSandboxesResponse.newBuilder()
                                        .setHeartbeat(
                                                WatchSandboxesResponse.Heartbeat
                                                        .getDefaultInstance())
                                        .build());
            }
        } finally {
            watchers.remove(queue);
        }
    }

    private synchronized void put(Sandbox sandbox) {
        sandboxes.put(sandbox.getSandboxId(), sandbox);
        tell(WatchSandboxesResponse.newBuilder().setChanged(sandbox).build());
        notifyAll();
    }

    synchronized void change(String id, java.util.function.UnaryOperator<Sandbox> how) {
        var known = sandboxes.get(id);
        if (known == null) return;
        var changed = how.apply(known);
        if (!changed.equals(known)) put(changed);
    }

    private void tell(WatchSandboxesResponse event) {
        for (var queue : watchers) queue.add(event);
    }

    @Override
    public void close() {
        releaseBoots();
        pauses.release();
        goAway();
    }
}
