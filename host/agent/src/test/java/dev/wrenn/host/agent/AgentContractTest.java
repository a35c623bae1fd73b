package dev.wrenn.host.agent;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.Message;
import dev.wrenn.common.connect.CallOptions;
import dev.wrenn.common.connect.Code;
import dev.wrenn.common.connect.Codec;
import dev.wrenn.common.connect.ConnectClient;
import dev.wrenn.common.connect.ConnectException;
import dev.wrenn.common.connect.ConnectHttp;
import dev.wrenn.common.connect.HostAgentMethods;
import dev.wrenn.common.connect.Method;
import dev.wrenn.common.connect.Tls;
import dev.wrenn.common.model.CapsuleId;
import dev.wrenn.common.runtime.Teardown;
import dev.wrenn.contracts.hostagent.v1.CloseInputRequest;
import dev.wrenn.contracts.hostagent.v1.CreateSandboxRequest;
import dev.wrenn.contracts.hostagent.v1.CreateSnapshotRequest;
import dev.wrenn.contracts.hostagent.v1.DeleteSnapshotRequest;
import dev.wrenn.contracts.hostagent.v1.DestroySandboxRequest;
import dev.wrenn.contracts.hostagent.v1.ExecRequest;
import dev.wrenn.contracts.hostagent.v1.ExecStreamRequest;
import dev.wrenn.contracts.hostagent.v1.ExecStreamResponse;
import dev.wrenn.contracts.hostagent.v1.FlushSandboxMetricsRequest;
import dev.wrenn.contracts.hostagent.v1.GetHostRequest;
import dev.wrenn.contracts.hostagent.v1.GetSandboxMetricsRequest;
import dev.wrenn.contracts.hostagent.v1.GetSandboxRequest;
import dev.wrenn.contracts.hostagent.v1.ListSandboxesRequest;
import dev.wrenn.contracts.hostagent.v1.PauseReason;
import dev.wrenn.contracts.hostagent.v1.PauseSandboxRequest;
import dev.wrenn.contracts.hostagent.v1.PingSandboxRequest;
import dev.wrenn.contracts.hostagent.v1.ResumeSandboxRequest;
import dev.wrenn.contracts.hostagent.v1.Sandbox;
import dev.wrenn.contracts.hostagent.v1.SandboxStatus;
import dev.wrenn.contracts.hostagent.v1.SendInputRequest;
import dev.wrenn.contracts.hostagent.v1.TerminateRequest;
import dev.wrenn.contracts.hostagent.v1.WatchSandboxesRequest;
import dev.wrenn.contracts.hostagent.v1.WatchSandboxesResponse;
import dev.wrenn.host.capsule.CrashPoints;
import dev.wrenn.host.capsule.FakeHost;
import java.net.URI;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import org.eclipse.jetty.client.HttpClient;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// The agent over real mutual TLS, above a machine of fakes.
@Timeout(60)
class AgentContractTest {
    private static final String ZERO = new UUID(0, 0).toString();

    @TempDir private Path directory;
    private TestPki pki;
    private FakeHost host;
    private Agent agent;
    private HttpClient http;
    private ConnectClient control;
    private final String id = CapsuleId.random().toString();

    @BeforeEach
    void start() throws Exception {
        pki = new TestPki(directory);
        pki.issue("agent");
        pki.issue("wrenn-cp");
        pki.issue("stranger");
        host = new FakeHost(directory);
        agent = serve();
        http = http("wrenn-cp");
        control = client(http);
    }

    @AfterEach
    void stop() throws Exception {
        control.close();
        http.stop();
        agent.close();
        host.close();
    }

    private Agent serve() {
        var env =
                Map.of(
                        "WRENN_DIR", directory.toString(),
                        "WRENN_TLS_CERT", pki.certificate("agent").toString(),
                        "WRENN_TLS_KEY", pki.key("agent").toString(),
                        "WRENN_TLS_CA", pki.certificate("ca").toString());
        return Agent.serve(
                AgentConfig.from(env),
                host.rooms(new CrashPoints()),
                Optional.empty(),
                Clock.systemUTC(),
                new Teardown());
    }

    private HttpClient http(String name) {
        return ConnectHttp.client(
                name,
                Duration.ofSeconds(5),
                Tls.client(pki.certificate("ca"), pki.certificate(name), pki.key(name)));
    }

    private ConnectClient client(HttpClient from) {
        return new ConnectClient(
                from, URI.create("https://127.0.0.1:" + agent.port()), Codec.PROTO, Map.of());
    }

    private <Q extends Message, R extends Message> R call(Method<Q, R> method, Q request) {
        return control.unary(method, request, CallOptions.timeout(Duration.ofSeconds(30)));
    }

    private Sandbox create() {
        return call(
                        HostAgentMethods.CREATE_SANDBOX,
                        CreateSandboxRequest.newBuilder()
                                .setSandboxId(id)
                                .setIncarnation(1)
                                .setTeamId(ZERO)
                                .setTemplateId(ZERO)
                                .setVcpus(1)
                                .setMemoryMb(512)
                                .build())
                .getSandbox();
    }

    private ExecRequest exec(String... words) {
        var request = ExecRequest.newBuilder().setSandboxId(id).setCmd(words[0]);
        for (int i = 1; i < words.length; i++) request.addArgs(words[i]);
        return request.build();
    }

    private static org.assertj.core.api.ThrowableAssertAlternative<ConnectException> refused(
            Code code, org.assertj.core.api.ThrowableAssert.ThrowingCallable call) {
        return org.assertj.core.api.Assertions.assertThatExceptionOfType(ConnectException.class)
                .isThrownBy(call)
                .satisfies(e -> assertThat(e.code()).isEqualTo(code));
    }

    @Test
    void aSavedCapsuleIsToldAsSuchAndGoesOn() {
        create();
        var pause = PauseSandboxRequest.newBuilder().setSandboxId(id).setIncarnation(1).build();
        var paused = call(HostAgentMethods.PAUSE_SANDBOX, pause).getSandbox();
        assertThat(paused.getStatus()).isEqualTo(SandboxStatus.SANDBOX_STATUS_PAUSED);
        assertThat(paused.getPauseReason()).isEqualTo(PauseReason.PAUSE_REASON_ASKED);
        assertThat(paused.getImageBytes()).isPositive();
        assertThat(paused.getHostIp()).isEmpty();
        assertCode(
                Code.FAILED_PRECONDITION,
                () ->
                        call(
                                HostAgentMethods.PING_SANDBOX,
                                PingSandboxRequest.newBuilder().setSandboxId(id).build()));
        var snapshot = CreateSnapshotRequest.newBuilder().setSandboxId(id).setTeamId(ZERO);
        assertCode(
                Code.INVALID_ARGUMENT,
                () -> call(HostAgentMethods.CREATE_SNAPSHOT, snapshot.setTemplateId(ZERO).build()));
        var template = UUID.randomUUID().toString();
        var made = call(HostAgentMethods.CREATE_SNAPSHOT, snapshot.setTemplateId(template).build());
        assertThat(made.getSizeBytes()).isPositive();
        assertThat(made.getVcpus()).isEqualTo(1);
        assertThat(
                        call(HostAgentMethods.GET_HOST, GetHostRequest.getDefaultInstance())
                                .getTemplateIdsList())
                .contains(template);
        var delete =
                DeleteSnapshotRequest.newBuilder().setTeamId(ZERO).setTemplateId(template).build();
        call(HostAgentMethods.DELETE_SNAPSHOT, delete);
        call(HostAgentMethods.DELETE_SNAPSHOT, delete); // repeated
        var resume = ResumeSandboxRequest.newBuilder().setSandboxId(id);
        assertCode(
                Code.ALREADY_EXISTS,
                () -> call(HostAgentMethods.RESUME_SANDBOX, resume.setIncarnation(1).build()));
        var running =
                call(HostAgentMethods.RESUME_SANDBOX, resume.setIncarnation(2).build())
                        .getSandbox();
        assertThat(running.getStatus()).isEqualTo(SandboxStatus.SANDBOX_STATUS_RUNNING);
        assertThat(running.getIncarnation()).isEqualTo(2);
        assertCode(Code.FAILED_PRECONDITION, () -> call(HostAgentMethods.PAUSE_SANDBOX, pause));
    }

    private static void await(BooleanSupplier wanted) {
        long end = System.nanoTime() + Duration.ofSeconds(20).toNanos();
        while (!wanted.getAsBoolean()) {
            assertThat(System.nanoTime()).as("not so in time").isLessThan(end);
            LockSupport.parkNanos(20_000_000);
        }
    }

    private static void assertCode(
            Code code, org.assertj.core.api.ThrowableAssert.ThrowingCallable call) {
        assertThatThrownBy(call)
                .isInstanceOfSatisfying(
                        ConnectException.class, e -> assertThat(e.code()).isEqualTo(code));
    }

    @Test
    void lifeOfACapsule() {
        var sandbox = create();
        assertThat(sandbox.getStatus()).isEqualTo(SandboxStatus.SANDBOX_STATUS_RUNNING);
        assertThat(sandbox.getHostIp()).isEqualTo("10.11.0.1");
        assertThat(sandbox.getGuestIp()).isEqualTo("169.254.0.21");
        assertThat(sandbox.getDiskSizeMb()).isEqualTo(5120);
        var done = call(HostAgentMethods.EXEC, exec("echo", "42"));
        assertThat(done.getStdout().toStringUtf8()).isEqualTo("42\n");
        assertThat(call(HostAgentMethods.EXEC, exec("exit", "3")).getExitCode()).isEqualTo(3);
        var missing = call(HostAgentMethods.EXEC, exec("no-such"));
        assertThat(missing.getExitCode()).isEqualTo(127);
        assertThat(missing.getStderr().toStringUtf8()).contains("no-such");

        var seen = call(HostAgentMethods.GET_HOST, GetHostRequest.getDefaultInstance());
        assertThat(seen.getReady()).isTrue();
        assertThat(seen.getCapsules()).isEqualTo(1);
        assertThat(seen.getMemoryReservedMb()).isEqualTo(512);
        assertThat(seen.getTemplateIdsList()).containsExactly(ZERO);
        call(
                HostAgentMethods.PING_SANDBOX,
                PingSandboxRequest.newBuilder().setSandboxId(id).build());

        // Measured twice, half a second apart, and by nobody's use.
        var metrics = GetSandboxMetricsRequest.newBuilder().setSandboxId(id).setRange("10m");
        await(() -> {
            try {
                return call(HostAgentMethods.GET_SANDBOX_METRICS, metrics.build()).getPointsCount()
                        > 1;
            } catch (ConnectException e) {
                assertThat(e.code()).isEqualTo(Code.NOT_FOUND); // not looked at yet
                return false;
            }
        });
        assertCode(
                Code.INVALID_ARGUMENT,
                () -> call(HostAgentMethods.GET_SANDBOX_METRICS, metrics.setRange("3m").build()));

        destroy();
        assertThat(list()).isZero();
        refused(Code.NOT_FOUND, this::destroy);
        var all = FlushSandboxMetricsRequest.newBuilder().setSandboxId(id).build();
        var kept = call(HostAgentMethods.FLUSH_SANDBOX_METRICS, all);
        assertThat(kept.getPoints10MCount()).as("also of one that is gone").isGreaterThan(1);
        assertThat(kept.getPoints2HCount()).isPositive();
        assertThat(kept.getPoints24HCount()).isPositive();
        assertThat(kept.getPoints10M(0).getMemBytes()).isPositive();
        var other = all.toBuilder().setSandboxId(CapsuleId.random().toString()).build();
        assertCode(Code.NOT_FOUND, () -> call(HostAgentMethods.FLUSH_SANDBOX_METRICS, other));
    }

    private void destroy() {
        call(
                HostAgentMethods.DESTROY_SANDBOX,
                DestroySandboxRequest.newBuilder().setSandboxId(id).build());
    }

    /// How many there are; who knows them already hears only that.
    private int list() {
        var all = call(HostAgentMethods.LIST_SANDBOXES, ListSandboxesRequest.getDefaultInstance());
        var again =
                call(
                        HostAgentMethods.LIST_SANDBOXES,
                        ListSandboxesRequest.newBuilder().setKnown(all.getSum()).build());
        assertThat(again.getUnchanged()).isTrue();
        assertThat(again.getSandboxesCount()).isZero();
        return all.getSandboxesCount();
    }

    @Test
    void onlyTheControlPlaneMayCall() throws Exception {
        var stranger = http("stranger");
        try (var client = client(stranger)) {
            refused(
                    Code.PERMISSION_DENIED,
                    () ->
                            client.unary(
                                    HostAgentMethods.LIST_SANDBOXES,
                                    ListSandboxesRequest.getDefaultInstance(),
                                    CallOptions.none()));
        } finally {
            stranger.stop();
        }
        // no certificate at all: no answer
        var nobody = ConnectHttp.client("nobody", Duration.ofSeconds(5));
        try (var client = client(nobody)) {
            assertThatThrownBy(() ->
                            client.unary(
                                    HostAgentMethods.LIST_SANDBOXES,
                                    ListSandboxesRequest.getDefaultInstance(),
                                    CallOptions.none()))
                    .isInstanceOf(ConnectException.class);
        } finally {
            nobody.stop();
        }
    }

    @Test
    void outcomesHaveTheirCodes() {
        refused(Code.NOT_FOUND, () -> call(HostAgentMethods.EXEC, exec("true")));
        refused(
                        Code.INVALID_ARGUMENT,
                        () ->
                                call(
                                        HostAgentMethods.GET_SANDBOX,
                                        GetSandboxRequest.newBuilder().setSandboxId("x").build()))
                .withMessage("invalid sandbox ID");
        var odd =
                CreateSandboxRequest.newBuilder()
                        .setSandboxId(id)
                        .setIncarnation(1)
                        .setTeamId(ZERO)
                        .setTemplateId(UUID.randomUUID().toString())
                        .setVcpus(1)
                        .setMemoryMb(512);
        refused(Code.NOT_FOUND, () -> call(HostAgentMethods.CREATE_SANDBOX, odd.build()));
        odd.setTemplateId(ZERO).setVcpus(33);
        refused(Code.INVALID_ARGUMENT, () -> call(HostAgentMethods.CREATE_SANDBOX, odd.build()))
                .withMessageContaining("vcpus");
        odd.setVcpus(32).setMemoryMb(512);
        create();
        refused(Code.INVALID_ARGUMENT, () -> call(HostAgentMethods.EXEC, exec("")));
        var slow = exec("hang").toBuilder().setTimeoutMs(50).build();
        refused(Code.DEADLINE_EXCEEDED, () -> call(HostAgentMethods.EXEC, slow))
                .withMessageContaining("timeout");
        var lost = exec("true").toBuilder().setCwd("/missing").build();
        refused(Code.INVALID_ARGUMENT, () -> call(HostAgentMethods.EXEC, lost));
        refused(
                Code.ALREADY_EXISTS,
                () ->
                        call(
                                HostAgentMethods.CREATE_SANDBOX,
                                odd.setVcpus(1).setIncarnation(2).build()));
    }

    @Test
    void deathOfAVmIsWatchedAndEndsCalls() {
        create();
        try (var watch =
                        control.stream(
                                HostAgentMethods.WATCH_SANDBOXES,
                                WatchSandboxesRequest.getDefaultInstance(),
                                CallOptions.none());
                var stream = stream("hang", false)) {
            assertThat(watch.next().getSnapshot().getSandboxesList())
                    .extracting(Sandbox::getSandboxId)
                    .containsExactly(id);
            assertThat(stream.next().hasStart()).isTrue();
            host.killVms("killed by signal 9");
            WatchSandboxesResponse event;
            do event = watch.next();
            while (event.hasHeartbeat());
            assertThat(event.getChanged().getStatus())
                    .isEqualTo(SandboxStatus.SANDBOX_STATUS_STOPPED);
            assertThat(event.getChanged().getCause()).isEqualTo("killed by signal 9");
            refused(
                            Code.UNAVAILABLE,
                            () -> {
                                while (true) stream.next();
                            })
                    .withMessage("guest not answering: killed by signal 9");
        }
        refused(Code.FAILED_PRECONDITION, () -> call(HostAgentMethods.EXEC, exec("true")))
                .withMessageContaining("stopped");
    }

    private dev.wrenn.common.connect.ServerStream<ExecStreamResponse> stream(
            String program, boolean stdin) {
        return control.stream(
                HostAgentMethods.EXEC_STREAM,
                ExecStreamRequest.newBuilder()
                        .setSandboxId(id)
                        .setCmd(program)
                        .setStdin(stdin)
                        .build(),
                CallOptions.none());
    }

    @Test
    void streamsCarryInputAndOutput() {
        create();
        try (var stream = stream("cat", true)) {
            int pid = stream.next().getStart().getPid();
            call(
                    HostAgentMethods.SEND_INPUT,
                    SendInputRequest.newBuilder()
                            .setSandboxId(id)
                            .setPid(pid)
                            .setData(com.google.protobuf.ByteString.copyFromUtf8("hello"))
                            .build());
            assertThat(stream.next().getData().getStdout().toStringUtf8()).isEqualTo("hello");
            call(
                    HostAgentMethods.CLOSE_INPUT,
                    CloseInputRequest.newBuilder().setSandboxId(id).setPid(pid).build());
            var end = stream.next();
            assertThat(end.hasEnd()).isTrue();
            assertThat(end.getEnd().getExitCode()).isZero();
            assertThat(stream.next()).isNull();
        }
    }

    @Test
    void aCallerThatLeavesEndsTheProgram() {
        create();
        var stream = stream("hang", false);
        assertThat(stream.next().hasStart()).isTrue();
        stream.close();
        while (!host.signals().contains("SIGTERM hang")) Thread.onSpinWait();
    }

    @Test
    void terminateEndsCapsulesAndAsksForTheEnd() throws Exception {
        create();
        call(HostAgentMethods.TERMINATE, TerminateRequest.getDefaultInstance());
        agent.awaitStop();
        assertThat(host.running()).isZero();
    }

    @Test
    void theNextAgentGoesOn() {
        create();
        control.close();
        agent.close();
        assertThat(host.running()).isEqualTo(1);
        agent = serve();
        control = client(http);
        assertThat(call(HostAgentMethods.EXEC, exec("echo", "on")).getStdout().toStringUtf8())
                .isEqualTo("on\n");
    }

    @Test
    void metricsAndHealthAreServed() throws Exception {
        create();
        call(HostAgentMethods.EXEC, exec("true"));
        var base = "https://127.0.0.1:" + agent.port();
        assertThat(http.GET(base + "/health").getContentAsString()).contains("\"ok\"");
        assertThat(http.GET(base + "/metrics").getContentAsString())
                .contains("wrenn_boots_total{kind=\"cold\",outcome=\"running\"} 1.0")
                .contains("wrenn_boot_phase_seconds_count{phase=\"health\"} 1")
                .contains("wrenn_exec_seconds_count{kind=\"unary\",outcome=\"finished\"} 1")
                .contains("wrenn_capsules{phase=\"running\"} 1.0");
    }

    @Test
    void twoAgentsDoNotShareADirectory() throws Exception {
        try (var _ = DataDirLock.take(directory)) {
            assertThatThrownBy(() -> DataDirLock.take(directory))
                    .isInstanceOf(AgentException.class)
                    .hasMessageContaining("another host agent");
        }
        DataDirLock.take(directory).close();
    }
}
