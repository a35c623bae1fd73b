package dev.wrenn.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import picocli.CommandLine.Command;

class MainTest {
    private final StringWriter err = new StringWriter();

    private int run(String... arguments) {
        return Main.commandLine()
                .setErr(new PrintWriter(err))
                .setOut(new PrintWriter(new StringWriter()))
                .execute(arguments);
    }

    @Test
    void helpIsNoFailure() {
        assertThat(run("--help")).isZero();
        assertThat(run("capsule", "create", "--help")).isZero();
        assertThat(run("capsule", "resume", "--help")).isZero();
        assertThat(run("snapshot", "create", "--help")).isZero();
        assertThat(run("up", "--help")).isZero();
    }

    @Test
    void aCommandIsFoundByItsOwnNameAlone() {
        Commands.ALL.forEach((name, type) -> {
            assertThat(type.getAnnotation(Command.class).name()).isEqualTo(name);
            assertThat(Main.commandLine(name).getSubcommands()).containsOnlyKeys(name);
        });
        assertThat(Main.commandLine("--help").getSubcommands())
                .containsOnlyKeys(Commands.ALL.keySet());
    }

    @Test
    void wrongUsageIsTwo() {
        assertThat(run()).isEqualTo(2);
        assertThat(run("no-such-command")).isEqualTo(2);
        assertThat(run("capsule")).isEqualTo(2);
        assertThat(run("capsule", "pause")).isEqualTo(2);
        assertThat(run("snapshot")).isEqualTo(2);
        assertThat(run("snapshot", "create")).isEqualTo(2);
        assertThat(run("up", "--port", "many")).isEqualTo(2);
        assertThat(err.toString()).contains("no-such-command");
    }

    @Test
    void aFailureIsOneWithASentence() {
        assertThat(run("capsule", "list", "--data-dir", "/nowhere")).isEqualTo(1);
        assertThat(err.toString()).startsWith("wrenn: no credentials").doesNotContain("\tat ");
    }

    @Test
    void execThatCouldNotRunIs125() {
        assertThat(run("exec", "--data-dir", "/nowhere", "cl-1", "--", "true")).isEqualTo(125);
    }

    @Test
    void theDataDirectoryIsGivenOrBesideTheLauncher() {
        assertThat(DataDir.of(Path.of("/a/../b"), Map.of()).root()).isEqualTo(Path.of("/b"));
        assertThat(DataDir.of(null, Map.of("WRENN_ROOT", "/src")).root())
                .isEqualTo(Path.of("/src/.wrenn"));
        assertThat(DataDir.of(null, Map.of()).root())
                .isEqualTo(Path.of("").toAbsolutePath().resolve(".wrenn"));
    }
}
