package dev.wrenn.host.guest;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// A program to run in a guest; no shell is added.
///
/// @param program name or path
/// @param args its arguments
/// @param env on top of the capsule's defaults
/// @param cwd null: the default directory
/// @param limit zero: none; then the whole process group is killed
/// @param stdin true: a pipe fed by `sendInput`; false: `/dev/null`
public record Command(
        String program,
        List<String> args,
        Map<String, String> env,
        @Nullable String cwd,
        Duration limit,
        boolean stdin) {
    public Command {
        args = List.copyOf(args);
        env = Map.copyOf(env);
    }

    /// A program with defaults for everything else.
    public static Command of(String program, String... args) {
        return new Command(program, List.of(args), Map.of(), null, Duration.ZERO, false);
    }

    /// The same with a time limit.
    public Command within(Duration newLimit) {
        return new Command(program, args, env, cwd, newLimit, stdin);
    }
}
