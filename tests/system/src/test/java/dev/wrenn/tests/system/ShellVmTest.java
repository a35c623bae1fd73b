package dev.wrenn.tests.system;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;

/// `wrenn shell` on a real terminal, the one that script(1) makes.
@ExtendWith(Shared.class)
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@Timeout(value = 3, unit = TimeUnit.MINUTES, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class ShellVmTest {
    private final Installation wrenn;
    private final Api api;
    private String id = "";

    ShellVmTest(Installation wrenn) {
        this.wrenn = wrenn;
        this.api = wrenn.api();
    }

    @BeforeAll
    void create() {
        id = api.create();
    }

    @AfterAll
    void destroy() {
        api.destroy(id);
    }

    /// What a user sees and types.
    private static final class Screen implements AutoCloseable {
        private final Process process;
        private final StringBuilder seen = new StringBuilder();

        Screen(String command) throws IOException {
            var around = "tty; stty rows 33 cols 99; stty -g; " + command;
            process =
                    new ProcessBuilder(
                                    "script",
                                    "-qefc",
                                    around + "; echo \"[$?]\"; stty -g",
                                    "/dev/null")
                            .redirectErrorStream(true)
                            .start();
        }

        void type(String keys) throws IOException {
            process.getOutputStream().write(keys.getBytes(ISO_8859_1));
            process.getOutputStream().flush();
        }

        /// Reads until this pattern is on the screen, and forgets all up to its end.
        ///
        /// @return its first group
        String until(String pattern) throws IOException {
            var wanted = Pattern.compile(pattern);
            while (true) {
                var found = wanted.matcher(seen);
                if (found.find()) {
                    var group = found.groupCount() > 0 ? found.group(1) : found.group();
                    seen.delete(0, found.end());
                    return group;
                }
                int next = process.getInputStream().read();
                assertThat(next).as("wanted %s, got: %s", pattern, seen).isNotNegative();
                seen.append((char) next);
            }
        }

        @Override
        public void close() {
            process.descendants().forEach(ProcessHandle::destroyForcibly);
            process.destroyForcibly();
        }
    }

    private Screen shell(String arguments) throws IOException {
        var launcher = System.getProperty("wrenn.root", "../..") + "/wrenn";
        return new Screen(
                launcher + " shell --data-dir " + wrenn.dataDir() + " " + id + " " + arguments);
    }

    @Test
    void keysSizeAndEndGoThroughAndTheTerminalIsWhatItWas() throws Exception {
        try (var screen = shell("")) {
            var tty = screen.until("(/dev/pts/\\d+)\r\n");
            var before = screen.until("([0-9a-f:]{30,})\r\n");
            screen.until("# ");
            screen.type("stty size\r");
            screen.until("33 99\r\n");
            Cli.system("stty", "-F", tty, "rows", "41", "cols", "120");
            screen.type("stty size\r");
            screen.until("41 120\r\n");
            screen.type("sleep 600\r");
            awaitSleeping(1);
            screen.type("\u0003"); // Ctrl-C
            screen.until("\\^C");
            awaitSleeping(0);
            screen.type("sleep 601\r");
            awaitSleeping(1);
            screen.type("\u001a"); // Ctrl-Z
            screen.until("Stopped");
            screen.type("kill -9 %1\r");
            awaitSleeping(0); // with a job that it has not seen end, the shell would not exit
            screen.type("exit 7\r");
            screen.until("\\[7\\]\r\n");
            assertThat(screen.until("([0-9a-f:]{30,})\r\n")).isEqualTo(before);
        }
    }

    /// So many processes that sleep, those that ended but were not waited for among them.
    private void awaitSleeping(int count) {
        Eventually.within(
                Duration.ofSeconds(30),
                () ->
                        assertThat(api.output(id, "pgrep -c -x sleep || true"))
                                .isEqualTo(count + "\n"));
    }

    @Test
    void aDroppedConnectionIsMadeAgain() throws Exception {
        try (var screen = shell("")) {
            screen.until("# ");
            screen.type("STATE=kept; echo r''eady\r");
            screen.until("ready\r\n");
            wrenn.part("control").kill();
            screen.until("connection lost");
            screen.until("ready\r\n"); // shown again by the terminal itself
            screen.type("echo [$STATE]\r");
            screen.until("\\[kept\\]\r\n");
            screen.type("exit\r");
            screen.until("\\[0\\]\r\n");
        }
    }

    @Test
    void whatCannotBeOpenedLeavesTheTerminalAlone() throws Exception {
        try (var screen = shell("--tag pty-00000000")) {
            var before = screen.until("([0-9a-f:]{30,})\r\n");
            screen.until("not found");
            screen.until("\\[125\\]\r\n");
            assertThat(screen.until("([0-9a-f:]{30,})\r\n")).isEqualTo(before);
        }
    }

    @Test
    void processesAreListedAndKilled() {
        var body = Api.command("sleep", "4990").put("background", true).put("tag", "worker");
        api.exec(id, body).expect(202);
        assertThat(run("ps", id).ok().text()).containsPattern("worker +sleep 4990");
        run("kill", id, "worker", "--signal", "SIGTERM").ok();
        Eventually.within(
                Duration.ofSeconds(15),
                () -> assertThat(run("ps", id).ok().text()).doesNotContain("worker"));
        assertThat(run("kill", id, "worker").exit()).isEqualTo(1);
        assertThat(run("shell", id).err()).contains("needs a terminal");
    }

    private Cli.Result run(String command, String... arguments) {
        return wrenn.run(Duration.ofMinutes(1), command, arguments);
    }
}
