package dev.wrenn.host.agent;

import dev.wrenn.host.capsule.Access;
import dev.wrenn.host.capsule.Capsules;
import dev.wrenn.host.guest.Command;
import java.time.Duration;
import java.util.List;
import java.util.Map;

/// What every call about programs needs: the guest, and a command for it.
final class Guests {
    // A vanished caller is noticed at the next write only.
    static final Duration KEEP_ALIVE = Duration.ofSeconds(5);

    private Guests() {}

    /// @throws dev.wrenn.common.connect.ConnectException when there is no running guest
    static Access.Granted access(Capsules capsules, String id) {
        return switch (capsules.access(Wire.id(id))) {
            case Access.Granted granted -> granted;
            case Access.NotRunning(var phase) -> throw Faults.notRunning(phase);
            case Access.Unknown _ -> throw Faults.unknown();
        };
    }

    /// @throws dev.wrenn.common.connect.ConnectException when there is no program in it
    static Command command(
            String program,
            List<String> args,
            Map<String, String> env,
            String cwd,
            Duration limit,
            boolean stdin) {
        if (program.isEmpty()) throw Faults.invalid("cmd is empty");
        return new Command(program, args, env, cwd.isEmpty() ? null : cwd, limit, stdin);
    }
}
