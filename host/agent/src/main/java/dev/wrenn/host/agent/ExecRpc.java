package dev.wrenn.host.agent;

import dev.wrenn.common.connect.CallContext;
import dev.wrenn.common.connect.ResponseStream;
import dev.wrenn.contracts.hostagent.v1.CloseInputRequest;
import dev.wrenn.contracts.hostagent.v1.CloseInputResponse;
import dev.wrenn.contracts.hostagent.v1.ExecRequest;
import dev.wrenn.contracts.hostagent.v1.ExecResponse;
import dev.wrenn.contracts.hostagent.v1.ExecStreamRequest;
import dev.wrenn.contracts.hostagent.v1.ExecStreamResponse;
import dev.wrenn.contracts.hostagent.v1.SendInputRequest;
import dev.wrenn.contracts.hostagent.v1.SendInputResponse;
import dev.wrenn.host.capsule.Capsules;
import dev.wrenn.host.guest.Command;
import dev.wrenn.host.guest.ExecEvent;
import dev.wrenn.host.guest.ExecOutcome;
import java.time.Duration;
import java.util.List;
import java.util.Map;

/// The calls about programs that belong to their caller.
final class ExecRpc {
    private static final long LONGEST_MS = Duration.ofDays(365).toMillis();

    private final Capsules capsules;
    private final AgentMeters meters;

    ExecRpc(Capsules capsules, AgentMeters meters) {
        this.capsules = capsules;
        this.meters = meters;
    }

    ExecResponse exec(CallContext call, ExecRequest q) throws InterruptedException {
        var command =
                command(
                        q.getCmd(),
                        q.getArgsList(),
                        q.getEnvsMap(),
                        q.getCwd(),
                        q.getTimeoutMs(),
                        false);
        try (var access = Guests.access(capsules, q.getSandboxId());
                var timing = meters.exec("unary")) {
            return switch (access.guest().exec(command)) {
                case ExecOutcome.Finished(var code, var stdout, var stderr, var truncated) -> {
                    timing.outcome("finished");
                    yield ExecResponse.newBuilder()
                            .setExitCode(code)
                            .setStdout(stdout)
                            .setStderr(stderr)
                            .setTruncated(truncated)
                            .build();
                }
                case ExecOutcome.TimedOut(var limit) -> {
                    timing.outcome("timeout");
                    throw Faults.timedOut(limit);
                }
                case ExecOutcome.Rejected(var reason) -> {
                    timing.outcome("rejected");
                    throw Faults.invalid(reason);
                }
                case ExecOutcome.Unreachable(var reason) -> throw Faults.notAnswering(reason);
            };
        }
    }

    void stream(CallContext call, ExecStreamRequest q, ResponseStream<ExecStreamResponse> out)
            throws InterruptedException {
        var command =
                command(
                        q.getCmd(),
                        q.getArgsList(),
                        q.getEnvsMap(),
                        q.getCwd(),
                        q.getTimeoutMs(),
                        q.getStdin());
        try (var access = Guests.access(capsules, q.getSandboxId());
                var timing = meters.exec("stream");
                var execution = access.guest().start(command)) {
            while (true) {
                switch (execution.next(Guests.KEEP_ALIVE)) {
                    case ExecEvent.Started(var pid) -> out.send(Messages.started(pid));
                    case ExecEvent.Stdout(var data) -> out.send(Messages.stdout(data));
                    case ExecEvent.Stderr(var data) -> out.send(Messages.stderr(data));
                    case ExecEvent.Idle _ -> out.send(Messages.KEEP_ALIVE);
                    case ExecEvent.Exited(var code, var error) -> {
                        timing.outcome("finished");
                        out.send(Messages.ended(code, error));
                        return;
                    }
                    case ExecEvent.TimedOut(var limit) -> {
                        timing.outcome("timeout");
                        throw Faults.timedOut(limit);
                    }
                    case ExecEvent.Rejected(var reason) -> {
                        timing.outcome("rejected");
                        throw Faults.invalid(reason);
                    }
                    case ExecEvent.Unreachable(var reason) -> throw Faults.notAnswering(reason);
                }
            }
        }
    }

    SendInputResponse input(CallContext call, SendInputRequest q) {
        try (var access = Guests.access(capsules, q.getSandboxId())) {
            Faults.check(access.guest().sendInput(q.getPid(), q.getData()));
        }
        return SendInputResponse.getDefaultInstance();
    }

    CloseInputResponse closeInput(CallContext call, CloseInputRequest q) {
        try (var access = Guests.access(capsules, q.getSandboxId())) {
            Faults.check(access.guest().closeInput(q.getPid()));
        }
        return CloseInputResponse.getDefaultInstance();
    }

    private static Command command(
            String program,
            List<String> args,
            Map<String, String> env,
            String cwd,
            long timeoutMs,
            boolean stdin) {
        if (timeoutMs < 0 || timeoutMs > LONGEST_MS)
            throw Faults.invalid(
                    "timeout_ms: "
                            + Long.toUnsignedString(timeoutMs)
                            + " (expected: 0.."
                            + LONGEST_MS
                            + ")");
        return Guests.command(program, args, env, cwd, Duration.ofMillis(timeoutMs), stdin);
    }
}
