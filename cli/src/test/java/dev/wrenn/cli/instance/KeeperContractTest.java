package dev.wrenn.cli.instance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.wrenn.cli.instance.Keeper.State;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Real child processes that die in the ways children die.
class KeeperContractTest {
    private static final long LIMIT_SECONDS = 20;

    @TempDir Path directory;

    private final Spawner spawner = new Spawner();
    private final AtomicBoolean healthy = new AtomicBoolean(true);
    private final Semaphore changes = new Semaphore(0);
    private Keeper keeper = keeper("true", List.of());

    private Keeper keeper(String script, List<Keeper> needs) {
        var part =
                new ServicePart(
                        spawner,
                        "child",
                        List.of("sh", "-c", script),
                        java.util.Map.of("PATH", "/usr/bin:/bin"),
                        Path.of(System.getProperty("java.io.tmpdir"), "wrenn-keeper-test.log"),
                        Duration.ofSeconds(5),
                        Duration.ofSeconds(1),
                        healthy::get);
        return new Keeper(part, needs, pidFile(), changes::release);
    }

    private Path pidFile() {
        return (directory == null ? Path.of("/tmp") : directory).resolve("child.pid");
    }

    private void await(java.util.function.Predicate<Keeper.Status> wanted) throws Exception {
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(LIMIT_SECONDS);
        while (!wanted.test(keeper.status())) {
            assertThat(System.nanoTime()).as("time, at %s", keeper.status()).isLessThan(end);
            assertThat(changes.tryAcquire(LIMIT_SECONDS, TimeUnit.SECONDS)).isTrue();
        }
    }

    @AfterEach
    void stop() {
        keeper.stop();
    }

    @Test
    void aKilledChildIsStartedAgain() throws Exception {
        keeper = keeper("exec sleep 1000", List.of());
        keeper.start();
        long first = keeper.status().pid();
        ProcessHandle.of(first).orElseThrow().destroyForcibly();
        await(s -> s.state() == State.UP && s.restarts() == 1);
        assertThat(keeper.status().pid()).isNotEqualTo(first).isPositive();
        assertThat(ProcessId.read(pidFile()).orElseThrow().pid()).isEqualTo(keeper.status().pid());
    }

    @Test
    void aChildIsNotStartedAgainBeforeWhatItNeedsIsHealthy() throws Exception {
        var database = new AtomicBoolean(true);
        var needed =
                new Keeper(
                        new ServicePart(
                                spawner,
                                "database",
                                List.of("sleep", "1000"),
                                java.util.Map.of("PATH", "/usr/bin:/bin"),
                                directory.resolve("database.log"),
                                Duration.ofSeconds(5),
                                Duration.ofSeconds(1),
                                database::get),
                        List.of(),
                        directory.resolve("database.pid"),
                        () -> {});
        needed.start();
        keeper = keeper("exec sleep 1000", List.of(needed));
        keeper.start();
        database.set(false);
        ProcessHandle.of(keeper.status().pid()).orElseThrow().destroyForcibly();
        await(s -> s.state() == State.RESTARTING);
        assertThat(keeper.status().pid()).isZero();
        database.set(true);
        await(s -> s.state() == State.UP);
        needed.stop();
    }

    @Test
    void aStoppedChildIsGoneAndStaysGone() {
        keeper = keeper("exec sleep 1000", List.of());
        keeper.start();
        var child = ProcessId.of(keeper.status().pid()).orElseThrow();
        keeper.stop();
        assertThat(child.isAlive()).isFalse();
        assertThat(keeper.status().state()).isEqualTo(State.STOPPED);
        assertThat(pidFile()).doesNotExist();
        keeper.stop(); // once more does nothing
    }

    @Test
    void aChildThatIgnoresTheSignalIsKilled() {
        keeper = keeper("trap '' TERM; while :; do sleep 1; done", List.of());
        keeper.start();
        var child = ProcessId.of(keeper.status().pid()).orElseThrow();
        keeper.stop();
        assertThat(child.isAlive()).isFalse();
    }

    @Test
    void aChildThatCannotStartSaysWhy() {
        healthy.set(false);
        keeper = keeper("echo the disk is full; exit 7", List.of());
        assertThatThrownBy(keeper::start)
                .isInstanceOf(InstanceException.class)
                .hasMessageContaining("exit code 7")
                .hasMessageContaining("the disk is full");
    }

    private static void awaitProgram(long pid, String name) throws Exception {
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(LIMIT_SECONDS);
        while (!Files.readString(Path.of("/proc/" + pid + "/comm")).strip().equals(name)) {
            assertThat(System.nanoTime()).as("time").isLessThan(end);
            LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(5));
        }
    }

    @Test
    void childrenHaveASessionOfTheirOwn() throws Exception {
        keeper = keeper("exec sleep 1000", List.of());
        keeper.start();
        long pid = keeper.status().pid();
        awaitProgram(pid, "sleep"); // what has started is the command that makes the session
        var stat = Files.readString(Path.of("/proc/" + pid + "/stat"));
        var fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ");
        assertThat(fields[3]).as("session, field 6").isEqualTo(Long.toString(pid));
    }
}
