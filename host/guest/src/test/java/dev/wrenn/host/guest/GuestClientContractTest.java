package dev.wrenn.host.guest;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import dev.wrenn.common.runtime.Deadline;
import dev.wrenn.common.runtime.Secret;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.ZoneOffset;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/// The client against envd's protocol over real HTTP.
@Timeout(60)
class GuestClientContractTest {
    private static final Duration SOON = Duration.ofSeconds(20);
    private static GuestHttp http;

    private final FakeEnvd envd = new FakeEnvd();
    private final GuestClient guest = client(envd.address());

    @BeforeAll
    static void open() {
        http = new GuestHttp();
    }

    @AfterAll
    static void closeAll() {
        http.close();
    }

    @AfterEach
    void close() {
        guest.close();
        envd.close();
    }

    private static GuestClient client(URI address) {
        return client(address, Clock.systemUTC());
    }

    private static GuestClient client(URI address, Clock clock) {
        return new GuestClient(http, address, new Secret("s3cret"), clock);
    }

    private static GuestIdentity identity() {
        return new GuestIdentity(
                "cl-1",
                "00000000-0000-0000-0000-000000000000",
                "root",
                Map.of("A", "b"),
                "/srv",
                "capsule",
                "0".repeat(32),
                List.of(InetAddress.ofLiteral("8.8.8.8")));
    }

    private void init() {
        assertThat(guest.init(identity())).isEqualTo(new InitOutcome.Ready());
    }

    @Test
    void initCarriesIdentityClockAndFreshEntropy() {
        init();
        init();
        var first = envd.inits().getFirst();
        assertThat(first.path("sandboxId").stringValue()).isEqualTo("cl-1");
        assertThat(first.path("envVars").path("A").stringValue()).isEqualTo("b");
        assertThat(first.path("dnsServers").path(0).stringValue()).isEqualTo("8.8.8.8");
        assertThat(Instant.parse(first.path("timestamp").stringValue()))
                .isBetween(Instant.now().minusSeconds(30), Instant.now());
        var entropy = first.path("entropy").stringValue();
        assertThat(Base64.getDecoder().decode(entropy)).hasSize(64);
        assertThat(envd.inits().get(1).path("entropy").stringValue()).isNotEqualTo(entropy);
    }

    @Test
    void aGuestThatWasToldTheTimeLateIsToldOnceMore() {
        var begun = Instant.parse("2026-01-02T03:04:05Z");
        // a fifth of a second passes until the first message has been read, none afterwards
        InstantSource clock = () -> envd.inits().isEmpty() ? begun : begun.plusMillis(200);
        try (var slow = client(envd.address(), clock.withZone(ZoneOffset.UTC))) {
            assertThat(slow.init(identity())).isEqualTo(new InitOutcome.Ready());
        }
        assertThat(envd.inits())
                .extracting(body -> Instant.parse(body.path("timestamp").stringValue()))
                .containsExactly(begun, begun.plusMillis(200));
    }

    @Test
    void refusedAndUnreachableInitAreResults() throws IOException {
        envd.refusingInit(401);
        assertThat(guest.init(identity())).isEqualTo(new InitOutcome.Refused(401));
        try (var nobody = client(URI.create("http://127.0.0.1:" + freePort()))) {
            assertThat(nobody.init(identity())).isInstanceOf(InitOutcome.Unreachable.class);
        }
    }

    @Test
    void theDiskIsWrittenBackOrItIsSaidThatItIsNot() throws IOException {
        assertThat(guest.sync(SOON)).as("before it knows the token").isFalse();
        init();
        assertThat(guest.sync(SOON)).isTrue();
        envd.refusingSync(500);
        assertThat(guest.sync(SOON)).isFalse();
        try (var nobody = client(URI.create("http://127.0.0.1:" + freePort()))) {
            assertThat(nobody.sync(SOON)).isFalse();
        }
    }

    @Test
    void probeWaitsForAGuestThatListensLater() throws Exception {
        int port = freePort();
        try (var late = client(URI.create("http://127.0.0.1:" + port));
                var pool = Executors.newVirtualThreadPerTaskExecutor()) {
            var probe = late.probe();
            var outcome = pool.submit(() -> probe.await(Deadline.after(SOON)));
            try (var booted = new FakeEnvd(port)) {
                assertThat(booted.running()).isZero();
                assertThat(outcome.get(20, TimeUnit.SECONDS))
                        .isEqualTo(new HealthProbe.Outcome.Up("9.9.9"));
            }
        }
    }

    @Test
    void probeEndsAtItsDeadlineAndWhenCanceled() throws Exception {
        try (var nobody = client(URI.create("http://127.0.0.1:" + freePort()));
                var pool = Executors.newVirtualThreadPerTaskExecutor()) {
            assertThat(nobody.probe().await(Deadline.after(Duration.ofMillis(60))))
                    .isInstanceOf(HealthProbe.Outcome.Late.class);
            var probe = nobody.probe();
            var outcome = pool.submit(() -> probe.await(Deadline.never()));
            probe.cancel();
            assertThat(outcome.get(10, TimeUnit.SECONDS))
                    .isEqualTo(new HealthProbe.Outcome.Canceled());
        }
    }

    @Test
    void execCollectsOutputAndExitCode() throws Exception {
        init();
        assertThat(guest.exec(Command.of("echo", "six", "times")))
                .isEqualTo(
                        new ExecOutcome.Finished(
                                0,
                                ByteString.copyFromUtf8("six times\n"),
                                ByteString.EMPTY,
                                false));
        assertThat(guest.exec(Command.of("exit", "3")))
                .isInstanceOfSatisfying(
                        ExecOutcome.Finished.class, it -> assertThat(it.exitCode()).isEqualTo(3));
    }

    /// A new connection costs an emulated guest more than many a command.
    @Test
    void manyCommandsShareTheConnections() throws Exception {
        init();
        for (int i = 0; i < 50; i++) {
            guest.exec(Command.of("true"));
            guest.exec(Command.of("exit", "3"));
            guest.exec(Command.of("no-such-program"));
        }
        // The next call may come before the last bytes of the one before: a few, not 150.
        assertThat(envd.connections()).isLessThan(10);
    }

    @Test
    void missingProgramIs127AndMissingFolderIsRejected() throws Exception {
        init();
        assertThat(guest.exec(Command.of("no-such")))
                .isInstanceOfSatisfying(
                        ExecOutcome.Finished.class,
                        it -> {
                            assertThat(it.exitCode()).isEqualTo(127);
                            assertThat(it.stderr().toStringUtf8()).contains("no-such");
                        });
        var inMissing = new Command("true", List.of(), Map.of(), "/missing", Duration.ZERO, false);
        assertThat(guest.exec(inMissing)).isInstanceOf(ExecOutcome.Rejected.class);
    }

    @Test
    void outputIsBoundedAndTheHeadIsKept() throws Exception {
        init();
        long much = GuestClient.OUTPUT_LIMIT + 100_000L;
        assertThat(guest.exec(Command.of("flood", Long.toString(much))))
                .isInstanceOfSatisfying(
                        ExecOutcome.Finished.class,
                        it -> {
                            assertThat(it.truncated()).isTrue();
                            assertThat(it.stdout().size()).isEqualTo(GuestClient.OUTPUT_LIMIT);
                        });
    }

    @Test
    void timeoutKillsTheGroup() throws Exception {
        init();
        var limit = Duration.ofMillis(50);
        assertThat(guest.exec(Command.of("stubborn").within(limit)))
                .isEqualTo(new ExecOutcome.TimedOut(limit));
        assertThat(envd.signals()).containsExactly("SIGKILL stubborn");
        assertThat(envd.running()).isZero();
    }

    @Test
    void timeoutCutsEndlessOutput() throws Exception {
        init();
        var limit = Duration.ofMillis(100);
        assertThat(guest.exec(Command.of("flood", Long.toString(Long.MAX_VALUE)).within(limit)))
                .isEqualTo(new ExecOutcome.TimedOut(limit));
    }

    @Test
    void streamGivesEventsInOrderAndTakesInput() throws Exception {
        init();
        var command = new Command("cat", List.of(), Map.of(), null, Duration.ZERO, true);
        try (var execution = guest.start(command)) {
            var started = (ExecEvent.Started) execution.next(SOON);
            assertThat(guest.sendInput(started.pid(), ByteString.copyFromUtf8("hi")))
                    .isEqualTo(new ProcessOutcome.Done());
            assertThat(execution.next(SOON))
                    .isEqualTo(new ExecEvent.Stdout(ByteString.copyFromUtf8("hi")));
            assertThat(execution.next(Duration.ofMillis(10))).isEqualTo(new ExecEvent.Idle());
            assertThat(guest.closeInput(started.pid())).isEqualTo(new ProcessOutcome.Done());
            assertThat(execution.next(SOON))
                    .isInstanceOfSatisfying(
                            ExecEvent.Exited.class, it -> assertThat(it.exitCode()).isZero());
        }
        assertThat(envd.signals()).isEmpty();
        assertThat(guest.kill(new ProcessId.Pid(1), KillSignal.KILL))
                .isEqualTo(new ProcessOutcome.NoProcess());
    }

    @Test
    void unreadOutputHoldsTheProgramUp() throws Exception {
        init();
        try (var execution = guest.start(Command.of("flood", Long.toString(1L << 30)))) {
            assertThat(execution.next(SOON)).isInstanceOf(ExecEvent.Started.class);
            assertThat(execution.next(SOON)).isInstanceOf(ExecEvent.Stdout.class);
            assertThat(envd.running()).isEqualTo(1); // a GiB does not fit into any buffer
        }
    }

    @Test
    void closingAStreamTerminatesTheGroup() throws Exception {
        init();
        var killed = new CompletableFuture<Void>();
        try (var execution = guest.start(Command.of("hang"))) {
            assertThat(execution.next(SOON)).isInstanceOf(ExecEvent.Started.class);
        }
        Thread.ofVirtual()
                .start(() -> {
                    while (envd.running() > 0) Thread.onSpinWait();
                    killed.complete(null);
                });
        killed.get(20, TimeUnit.SECONDS);
        assertThat(envd.signals()).containsExactly("SIGTERM hang");
    }

    @Test
    void detachedProgramRunsOn() throws Exception {
        init();
        try (var execution = guest.start(Command.of("hang"))) {
            assertThat(execution.next(SOON)).isInstanceOf(ExecEvent.Started.class);
            execution.detach();
        }
        assertThat(envd.signals()).isEmpty();
    }

    @Test
    void deathOfTheGuestEndsEveryCallAtOnce() throws Exception {
        init();
        try (var execution = guest.start(Command.of("hang"));
                var pool = Executors.newVirtualThreadPerTaskExecutor()) {
            assertThat(execution.next(SOON)).isInstanceOf(ExecEvent.Started.class);
            var exec = pool.submit(() -> guest.exec(Command.of("hang")));
            while (envd.running() < 2) Thread.onSpinWait();
            guest.close("killed by signal 9");
            assertThat(execution.next(SOON))
                    .isEqualTo(new ExecEvent.Unreachable("killed by signal 9"));
            assertThat(exec.get(10, TimeUnit.SECONDS))
                    .isEqualTo(new ExecOutcome.Unreachable("killed by signal 9"));
        }
        assertThat(guest.exec(Command.of("true"))).isInstanceOf(ExecOutcome.Unreachable.class);
    }

    @Test
    void wrongTokenIsUnreachable() throws Exception {
        assertThat(guest.exec(Command.of("true"))).isInstanceOf(ExecOutcome.Unreachable.class);
    }

    private static int freePort() throws IOException {
        try (var socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        }
    }
}
