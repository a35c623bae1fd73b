package dev.wrenn.cli.client;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import picocli.CommandLine;

class ShellCommandTest {
    private static String first(String... args) {
        var command = new ShellCommand();
        new CommandLine(command).parseArgs(args);
        return command.first().toString();
    }

    @Test
    void aProgramIsStartedWithItsArguments() {
        assertThat(
                        first(
                                "cl-1", "--user", "ada", "--cwd", "/tmp", "-e", "TERM=x", "--",
                                "vi", "-R"))
                .isEqualTo(
                        "{\"type\":\"start\",\"cmd\":\"vi\",\"args\":[\"-R\"],"
                                + "\"envs\":{\"TERM\":\"x\"},\"cwd\":\"/tmp\",\"user\":\"ada\"}");
    }

    @Test
    void aTagComesBack() {
        assertThat(first("cl-1", "--tag", "pty-1"))
                .isEqualTo("{\"type\":\"connect\",\"tag\":\"pty-1\"}");
    }
}
