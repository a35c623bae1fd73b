package dev.wrenn.control.api;

import dev.wrenn.control.domain.hosts.Command;
import java.time.Duration;
import java.util.Map;

/// Reads what to run from a request.
final class CommandFields {
    private static final long DEFAULT_SECONDS = 30;
    private static final long MOST_SECONDS = Duration.ofDays(7).toSeconds();

    private CommandFields() {}

    /// For a call that waits for the end: 30 s unless it says otherwise.
    ///
    /// @throws ApiException 400, naming the field
    static Command waiting(Fields body) {
        if (body.flag("background"))
            throw ApiException.invalid("background: not available yet (expected: false)");
        long seconds = body.integer("timeout_sec", DEFAULT_SECONDS);
        return read(body, seconds > 0 ? seconds : DEFAULT_SECONDS, false);
    }

    /// For a stream: no limit unless it says otherwise.
    ///
    /// @throws ApiException 400, naming the field
    static Command streaming(Fields message) {
        long seconds = message.integer("timeout_sec", 0);
        return read(message, Math.max(0, seconds), message.flag("stdin"));
    }

    private static Command read(Fields body, long seconds, boolean stdin) {
        if (seconds > MOST_SECONDS)
            throw ApiException.invalid(
                    "timeout_sec: " + seconds + " (expected: at most " + MOST_SECONDS + ")");
        var program = body.text("cmd").orElse("");
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
