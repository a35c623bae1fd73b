package dev.wrenn.host.linux;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/// A real process whose argument is replaced.
class ProcNameTest {
    private Process process;
    private int pid;

    @BeforeEach
    void start() throws IOException {
        // the shell reads its script from a pipe, so it lives as long as we hold the other end
        process = new ProcessBuilder("sh", "-s", "--", "-name", "first", "x-name", "last").start();
        pid = Math.toIntExact(process.pid());
        process.getOutputStream().write("echo \"$2\"\n".getBytes());
        process.getOutputStream().flush();
        // it has become the shell when it answers
        assertThat(process.inputReader().readLine()).isEqualTo("first");
    }

    @AfterEach
    void end() throws InterruptedException {
        process.destroyForcibly().waitFor();
    }

    @Test
    void theArgumentBehindTheOptionIsReplaced() throws IOException {
        ProcName.replace(pid, "-name", "other");
        assertThat(arguments()).isEqualTo("sh\0-s\0--\0-name\0other\0x-name\0last\0");
    }

    @Test
    void whatCannotBeReplacedStays() throws IOException {
        var before = arguments();
        for (var value : new String[] {"four", "sixsix"})
            assertThatThrownBy(() -> ProcName.replace(pid, "-name", value))
                    .isInstanceOf(IOException.class)
                    .hasMessageContaining("length");
        assertThatThrownBy(() -> ProcName.replace(pid, "name", "last"))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("no such argument");
        assertThat(arguments()).isEqualTo(before);
    }

    private String arguments() throws IOException {
        return Files.readString(Path.of("/proc/" + pid + "/cmdline"));
    }
}
