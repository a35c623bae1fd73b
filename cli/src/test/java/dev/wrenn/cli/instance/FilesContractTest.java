package dev.wrenn.cli.instance;

import static org.assertj.core.api.Assertions.assertThat;

import dev.wrenn.cli.DataDir;
import dev.wrenn.cli.Main;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// What an instance keeps on disk.
class FilesContractTest {
    @TempDir Path directory;

    @Test
    void secretsAreMadeOnceAndForTheOwnerOnly() throws Exception {
        var secrets = new Secrets(directory, new SecureRandom());
        var password = secrets.of("postgres");
        assertThat(password).matches("[A-Za-z0-9_-]{32}");
        assertThat(new Secrets(directory, new SecureRandom()).of("postgres")).isEqualTo(password);
        var mode = Files.getPosixFilePermissions(secrets.file("postgres"));
        assertThat(PosixFilePermissions.toString(mode)).isEqualTo("rw-------");
    }

    @Test
    void theStateIsReadBackAndBelongsToALivingSupervisor() throws Exception {
        var self = ProcessId.of(ProcessHandle.current().pid()).orElseThrow();
        var part =
                new Keeper.Status(
                        "agent", Keeper.State.UP, 7, Instant.ofEpochSecond(1_700_000_000), 2, "");
        var state = new InstanceState(self, true, "http://127.0.0.1:1", 20_001, List.of(part));
        state.write(directory);
        assertThat(InstanceState.read(directory)).hasValue(state);
        assertThat(InstanceState.ofLiving(directory)).hasValue(state);
        new InstanceState(new ProcessId(self.pid(), 1), true, "", 0, List.of()).write(directory);
        assertThat(InstanceState.ofLiving(directory)).isEmpty();
    }

    @Test
    void aDamagedStateIsNone() throws Exception {
        Files.writeString(InstanceState.file(directory), "{\"supervisor\":");
        assertThat(InstanceState.read(directory)).isEmpty();
    }

    @Test
    void oneProcessHasTheLock() throws Exception {
        var file = directory.resolve("lock");
        try (var first = InstanceLock.tryTake(file).orElseThrow()) {
            assertThat(first).isNotNull();
            assertThat(InstanceLock.tryTake(file)).isEmpty();
        }
        InstanceLock.tryTake(file).orElseThrow().close();
    }

    @Test
    void aLargeLogIsPutAsideAndItsWriterGoesOn() throws Exception {
        var log = directory.resolve("agent.log");
        try (var writer =
                Files.newOutputStream(
                        log,
                        java.nio.file.StandardOpenOption.CREATE,
                        java.nio.file.StandardOpenOption.APPEND)) {
            writer.write("old line\n".repeat(200).getBytes());
            LogFiles.rotate(directory, 1000);
            writer.write("new line\n".getBytes());
        }
        assertThat(log).hasContent("new line\n");
        assertThat(directory.resolve("agent.log.1")).content().startsWith("old line");
        assertThat(LogFiles.tail(log)).endsWith("new line");
    }

    @Test
    void leftOverProcessesAreEndedButNeverAStranger() throws Exception {
        var data = new DataDir(directory);
        Files.createDirectories(data.run());
        var child = new ProcessBuilder("sleep", "1000").start();
        var stranger = new ProcessBuilder("sleep", "1000").start();
        try {
            ProcessId.of(child.pid()).orElseThrow().write(data.run().resolve("agent.pid"));
            new ProcessId(stranger.pid(), 1).write(data.run().resolve("redis.pid"));
            Leftovers.stopProcesses(data);
            assertThat(child.waitFor(5, java.util.concurrent.TimeUnit.SECONDS)).isTrue();
            assertThat(stranger.isAlive()).isTrue();
            assertThat(data.run()).isEmptyDirectory();
        } finally {
            child.destroyForcibly();
            stranger.destroyForcibly();
        }
    }

    @Test
    void downIsIdempotent() {
        var path = directory.toString();
        assertThat(Main.run("down", "--data-dir", path)).isZero();
        assertThat(Main.run("down", "--data-dir", path)).isZero();
    }

    @Test
    void downRepairsADeadSupervisorsFiles() throws Exception {
        var data = new DataDir(directory);
        Directories.create(data);
        new InstanceState(new ProcessId(1, 1), true, "http://127.0.0.1:1", 1, List.of())
                .write(data.run());
        new ProcessId(1, 1).write(data.run().resolve("agent.pid"));
        assertThat(Main.run("down", "--data-dir", directory.toString())).isZero();
        assertThat(Main.run("down", "--data-dir", directory.toString())).isZero();
        assertThat(InstanceState.file(data.run())).doesNotExist();
        assertThat(data.run().resolve("agent.pid")).doesNotExist();
        assertThat(new ProcessId(1, 1).awaitGone(Duration.ZERO)).isTrue();
    }
}
