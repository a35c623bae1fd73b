package dev.wrenn.host.agent;

import static org.assertj.core.api.Assertions.assertThat;

import dev.wrenn.common.connect.CallOptions;
import dev.wrenn.common.connect.Codec;
import dev.wrenn.common.connect.ConnectClient;
import dev.wrenn.common.connect.ConnectHttp;
import dev.wrenn.common.connect.HostAgentMethods;
import dev.wrenn.common.connect.Tls;
import dev.wrenn.common.model.CapsuleId;
import dev.wrenn.common.runtime.Teardown;
import dev.wrenn.contracts.hostagent.v1.CreateSandboxRequest;
import dev.wrenn.contracts.hostagent.v1.GetHostRequest;
import dev.wrenn.contracts.hostagent.v1.ListSandboxesRequest;
import dev.wrenn.contracts.hostagent.v1.PauseReason;
import dev.wrenn.contracts.hostagent.v1.Sandbox;
import dev.wrenn.contracts.hostagent.v1.SandboxStatus;
import dev.wrenn.host.capsule.CrashPoints;
import dev.wrenn.host.capsule.FakeHost;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import org.eclipse.jetty.client.HttpClient;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// What becomes of capsules when their host is on its own: the whole agent without VMs, and a
/// control plane that goes away.
class HeartbeatsContractTest {
    private static final Duration LIMIT = Duration.ofSeconds(30);
    private static final String ZERO = "00000000-0000-0000-0000-000000000000";

    @TempDir Path directory;

    private FakeControlPlane plane;
    private FakeHost host;
    private Agent agent;
    private HttpClient http;
    private ConnectClient control;

    @BeforeEach
    void start() throws Exception {
        plane = new FakeControlPlane(Files.createDirectory(directory.resolve("pki")));
        plane.pki().issue("wrenn-cp");
        host = new FakeHost(directory);
        agent = serve("t");
        http =
                ConnectHttp.client(
                        "test",
                        Duration.ofSeconds(5),
                        Tls.client(
                                plane.pki().certificate("ca"),
                                plane.pki().certificate("wrenn-cp"),
                                plane.pki().key("wrenn-cp")));
        control =
                new ConnectClient(
                        http,
                        URI.create("https://127.0.0.1:" + agent.port()),
                        Codec.PROTO,
                        Map.of());
    }

    @AfterEach
    void stop() throws Exception {
        control.close();
        http.stop();
        agent.close();
        host.close();
        plane.close();
    }

    private Agent serve(String... token) throws Exception {
        var env =
                Map.of(
                        "WRENN_DIR",
                        directory.toString(),
                        "WRENN_CONTROL_PLANE",
                        plane.config().controlPlaneText(),
                        "WRENN_HOST_HEARTBEAT",
                        "50ms",
                        "WRENN_HOST_GRACE",
                        "500ms");
        var membership =
                Membership.open(
                        plane.config(token),
                        directory,
                        new MachineFacts("x86_64", 2, 1024, 10),
                        Clock.systemUTC());
        return Agent.serve(
                AgentConfig.from(env),
                host.rooms(new CrashPoints()),
                Optional.of(membership),
                Clock.systemUTC(),
                new Teardown());
    }

    private void create() {
        control.unary(
                HostAgentMethods.CREATE_SANDBOX,
                CreateSandboxRequest.newBuilder()
                        .setSandboxId(CapsuleId.random().toString())
                        .setIncarnation(1)
                        .setTeamId(ZERO)
                        .setTemplateId(ZERO)
                        .setVcpus(1)
                        .setMemoryMb(256)
                        .setDiskSizeMb(5120)
                        .build(),
                CallOptions.timeout(LIMIT));
    }

    private List<Sandbox> list() {
        return control.unary(
                        HostAgentMethods.LIST_SANDBOXES,
                        ListSandboxesRequest.getDefaultInstance(),
                        CallOptions.timeout(LIMIT))
                .getSandboxesList();
    }

    private boolean all(SandboxStatus status) {
        return list().stream().allMatch(s -> s.getStatus() == status);
    }

    private static void await(BooleanSupplier wanted) {
        long end = System.nanoTime() + LIMIT.toNanos();
        while (!wanted.getAsBoolean()) {
            if (System.nanoTime() > end) throw new AssertionError("not so within " + LIMIT);
            LockSupport.parkNanos(5_000_000);
        }
    }

    private long heartbeats() {
        return plane.calls.stream().filter(c -> c.equals("heartbeat")).count();
    }

    @Test
    void withoutAControlPlaneEveryCapsuleIsSavedAndToldOfLater() throws Exception {
        for (int i = 0; i < 5; i++) create();
        plane.heartbeatStatus = 503;
        await(() -> all(SandboxStatus.SANDBOX_STATUS_PAUSED));
        assertThat(list()).hasSize(5);
        assertThat(list()).allMatch(s -> s.getPauseReason() == PauseReason.PAUSE_REASON_ISOLATED);
        assertThat(host.running()).isZero();
        agent.close(); // what it tells survives its own end
        plane.heartbeatStatus = 204;
        agent = serve();
        control.close();
        control =
                new ConnectClient(
                        http,
                        URI.create("https://127.0.0.1:" + agent.port()),
                        Codec.PROTO,
                        Map.of());
        assertThat(list())
                .hasSize(5)
                .allMatch(s -> s.getPauseReason() == PauseReason.PAUSE_REASON_ISOLATED);
    }

    @Test
    void someLostHeartbeatsChangeNothing() {
        create();
        plane.heartbeatStatus = 503;
        long before = heartbeats();
        await(() -> heartbeats() >= before + 3);
        plane.heartbeatStatus = 204;
        long then = heartbeats();
        await(() -> heartbeats() >= then + 20); // a second: longer than the grace
        assertThat(all(SandboxStatus.SANDBOX_STATUS_RUNNING)).isTrue();
    }

    /// Heartbeats do not arrive, but control planes call.
    @Test
    void aControlPlaneThatCallsIsNotAway() {
        create();
        plane.heartbeatStatus = 503;
        long before = heartbeats();
        await(() -> {
            control.unary(
                    HostAgentMethods.GET_HOST,
                    GetHostRequest.getDefaultInstance(),
                    CallOptions.timeout(LIMIT));
            return heartbeats() >= before + 30;
        });
        assertThat(all(SandboxStatus.SANDBOX_STATUS_RUNNING)).isTrue();
    }

    @Test
    void aDeletedHostSavesItsCapsulesForgetsWhatItHasAndStops() throws Exception {
        create();
        plane.heartbeatStatus = 404;
        agent.awaitStop();
        assertThat(all(SandboxStatus.SANDBOX_STATUS_PAUSED)).isTrue();
        assertThat(HostCredentials.file(directory)).doesNotExist();
    }

    @Test
    void aHostThatIsRefusedSavesItsCapsulesAndStops() throws Exception {
        create();
        plane.registerStatus = 401;
        plane.refreshStatus = 401;
        plane.goodToken = "another";
        agent.awaitStop();
        assertThat(all(SandboxStatus.SANDBOX_STATUS_PAUSED)).isTrue();
        assertThat(HostCredentials.file(directory)).exists();
    }
}
