package dev.wrenn.control.api;

import dev.wrenn.control.domain.hosts.Command;
import dev.wrenn.control.domain.hosts.TerminalStart;
import java.time.Duration;
import java.util.Map;

/// Reads what to run from a request.
final class CommandFields {
    private static final long DEFAULT_SECONDS = 30;
    private static final long MOST_SECONDS = Duration.ofDays(7).toSeconds();

    private static final int LONGEST_TAG = 128;

    private CommandFields() {}

    /// For a call that waits for the end: 30 s unless it says otherwise.
    ///
    /// @throws ApiException 400, naming the field
    static Command waiting(Fields body) {
        long seconds = body.integer("timeout_sec", DEFAULT_SECONDS);
        return read(body, seconds > 0 ? seconds : DEFAULT_SECONDS, false);
    }

    /// For a program that runs on by itself: no limit.
    ///
    /// @throws ApiException 400, naming the field
    static Command background(Fields body) {
        body.integer("timeout_sec", 0); // clients send it always; its type is checked
        return read(body, 0, false);
    }

    /// The name of a program in the background; empty when the client gives none.
    ///
    /// @throws ApiException 400 for one that could not be used in a path
    static String tag(Fields body) {
        var tag = body.text("tag").orElse("");
        boolean odd = tag.chars().anyMatch(c -> c <= ' ' || c == '/' || c == 0x7f);
        if (odd || tag.length() > LONGEST_TAG || (!tag.isEmpty() && isNumber(tag)))
            throw ApiException.invalid(
                    "tag: expected at most "
                            + LONGEST_TAG
                            + " characters, no space or slash, not only digits");
        return tag;
    }

    private static boolean isNumber(String text) {
        return text.chars().allMatch(c -> c >= '0' && c <= '9');
    }

    /// For a new terminal.
    ///
    /// @throws ApiException 400, naming the field
    static TerminalStart terminal(Fields message) {
        var program = message.text("cmd").filter(cmd -> !cmd.isEmpty()).orElse("/bin/bash");
        var user = message.text("user").orElse("");
        plain("user", user);
        if (user.indexOf(':') >= 0) throw ApiException.invalid("user: contains ':'");
        return new TerminalStart(
                read(message, program, 0, true),
                size(message, "cols", 80),
                size(message, "rows", 24),
                user);
    }

    /// A number of columns or rows.
    ///
    /// @throws ApiException 400 unless 1..65535, what a terminal can have
    static int size(Fields message, String name, long fallback) {
        long value = message.integer(name, fallback);
        if (value < 1 || value > 65_535)
            throw ApiException.invalid(name + ": " + value + " (expected: 1..65535)");
        return (int) value;
    }

    /// For a stream: no limit unless it says otherwise.
    ///
    /// @throws ApiException 400, naming the field
    static Command streaming(Fields message) {
        long seconds = message.integer("timeout_sec", 0);
        return read(message, Math.max(0, seconds), message.flag("stdin"));
    }

    private static Command read(Fields body, long seconds, boolean stdin) {
        return read(body, body.text("cmd").orElse(""), seconds, stdin);
    }

    private static Command read(Fields body, String program, long seconds, boolean stdin) {
        if (seconds > MOST_SECONDS)
            throw ApiException.invalid(
                    "timeout_sec: " + seconds + " (expected: at most " + MOST_SECONDS + ")");
        if (program.isEmpty()) throw ApiException.invalid("cmd: missing");
        plain("cmd", program);
        var args = body.texts("args");
        for (var arg : args) plain("args", arg);
        var cwd = body.text("cwd").orElse("");
        plain("cwd", cwd);
        return new Command(program, args, envs(body), cwd, Duration.ofSeconds(seconds), stdin);
    }

    private static Map<String, String> envs(Fields body) {
        var envs = body.map("envs");
        envs.forEach((name, value) -> {
            if (name.isEmpty() || name.contains("="))
                throw ApiException.invalid("envs: a name is empty or contains '='");
            plain("envs", name);
            plain("envs", value);
        });
        return envs;
    }

    /// The kernel takes these as C strings.
    private static void plain(String field, String text) {
        if (text.indexOf('\0') >= 0) throw ApiException.invalid(field + ": contains NUL");
    }
}
