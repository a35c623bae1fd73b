package dev.wrenn.control.domain.hosts;

import java.time.Duration;
import java.util.List;
import java.util.Map;

/// A program to run in a capsule. No shell is added.
///
/// @param cwd empty: the default user's home
/// @param limit zero: none; the process group is killed when it has passed
/// @param stdin false: the program reads end-of-file at once
public record Command(
        String program,
        List<String> args,
        Map<String, String> envs,
        String cwd,
        Duration limit,
        boolean stdin) {
    public Command {
        args = List.copyOf(args);
        envs = Map.copyOf(envs);
    }

    /// The values stay out of logs: arguments and variables often carry credentials.
    @Override
    public String toString() {
        return "Command[" + program + ", " + args.size() + " args]";
    }
}
