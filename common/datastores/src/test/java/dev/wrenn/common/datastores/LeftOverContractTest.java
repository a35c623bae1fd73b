package dev.wrenn.common.datastores;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Fault: a server was killed, and its parent has not waited for it yet.
class LeftOverContractTest {
    private static final Duration SHORT = Duration.ofMillis(200);
    private static final Duration LONG = Duration.ofSeconds(60); // some inits take their time

    @TempDir Path data;

    private static boolean exists(long pid) {
        return Files.exists(Path.of("/proc", Long.toString(pid)));
    }

    @Test
    void aKilledServerIsWaitedForUntilItsNumberIsFree() throws Exception {
        // A shell that becomes a program which never waits for the child it has. The child ends
        // only
        // then: the shell itself would wait for it.
        var parent = new ProcessBuilder("sh", "-c", "sleep 600 & echo $!; exec sleep 600").start();
        try {
            long pid = Long.parseLong(parent.inputReader().readLine());
            long end = System.nanoTime() + LONG.toNanos();
            var program = Path.of("/proc", Long.toString(parent.pid()), "comm");
            while (!Files.readString(program).equals("sleep\n") && System.nanoTime() < end)
                Thread.onSpinWait();
            ProcessHandle.of(pid).orElseThrow().destroyForcibly();
            while (!LeftOver.isZombie(pid) && System.nanoTime() < end) Thread.onSpinWait();
            var pidFile = Files.writeString(data.resolve("server.pid"), pid + "\n");
            assertThatThrownBy(() -> LeftOver.stop(pidFile, data, "INT", SHORT))
                    .isInstanceOf(DatastoreException.class)
                    .hasMessageContaining("process " + pid)
                    .hasMessageContaining("its parent does not wait for it");
            assertThat(exists(pid)).isTrue();
            parent.destroyForcibly();
            assertThatCode(() -> LeftOver.stop(pidFile, data, "INT", LONG))
                    .doesNotThrowAnyException();
            assertThat(exists(pid)).isFalse();
        } finally {
            parent.destroyForcibly();
        }
    }
}
