package dev.wrenn.host.agent;

import dev.wrenn.common.connect.CallContext;
import dev.wrenn.common.connect.Code;
import dev.wrenn.common.connect.ConnectException;
import dev.wrenn.common.connect.ResponseStream;
import dev.wrenn.contracts.hostagent.v1.ConnectProcessRequest;
import dev.wrenn.contracts.hostagent.v1.ExecStreamResponse;
import dev.wrenn.contracts.hostagent.v1.KillProcessRequest;
import dev.wrenn.contracts.hostagent.v1.KillProcessResponse;
import dev.wrenn.contracts.hostagent.v1.ListProcessesRequest;
import dev.wrenn.contracts.hostagent.v1.ListProcessesResponse;
import dev.wrenn.contracts.hostagent.v1.StartBackgroundRequest;
import dev.wrenn.contracts.hostagent.v1.StartBackgroundResponse;
import dev.wrenn.host.capsule.Capsules;
import dev.wrenn.host.guest.AttachEvent;
import dev.wrenn.host.guest.GuestProcess;
import dev.wrenn.host.guest.KillSignal;
import dev.wrenn.host.guest.ListOutcome;
import dev.wrenn.host.guest.ProcessId;
import java.time.Duration;

/// The calls about programs that belong to nobody.
final class ProcessRpc {
    private final Capsules capsules;
    private final Tags tags;

    ProcessRpc(Capsules capsules, Tags tags) {
        this.capsules = capsules;
        this.tags = tags;
    }

    StartBackgroundResponse start(CallContext call, StartBackgroundRequest q) {
        var command =
                Guests.command(
                        q.getCmd(),
                        q.getArgsList(),
                        q.getEnvsMap(),
                        q.getCwd(),
                        Duration.ZERO,
                        false);
        var tag = q.getTag().isEmpty() ? tags.next("proc") : q.getTag();
        try (var access = Guests.access(capsules, q.getSandboxId());
                var attachment = access.guest().processes().start(command, tag)) {
            return switch (attachment.next()) {
                case AttachEvent.Started(var pid) ->
                        StartBackgroundResponse.newBuilder().setPid(pid).setTag(tag).build();
                case AttachEvent.NotFound(var reason) -> throw Faults.invalid(reason);
                case AttachEvent.Last last -> throw Faults.attach(last);
                case AttachEvent _ -> throw Faults.internal("a process that did not start");
            };
        }
    }

    ListProcessesResponse list(CallContext call, ListProcessesRequest q) {
        try (var access = Guests.access(capsules, q.getSandboxId())) {
            return switch (access.guest().processes().list()) {
                case ListOutcome.Found(var processes) -> {
                    var answer = ListProcessesResponse.newBuilder();
                    for (var process : processes) answer.addProcesses(process(process));
                    yield answer.build();
                }
                case ListOutcome.Unreachable(var reason) -> throw Faults.notAnswering(reason);
            };
        }
    }

    private static ListProcessesResponse.Process process(GuestProcess process) {
        return ListProcessesResponse.Process.newBuilder()
                .setPid(process.pid())
                .setTag(process.tag())
                .setCmd(process.program())
                .addAllArgs(process.args())
                .build();
    }

    /// The capsule counts as active for as long as somebody follows.
    void connect(
            CallContext call, ConnectProcessRequest q, ResponseStream<ExecStreamResponse> out) {
        var process =
                switch (q.getProcessCase()) {
                    case PID -> new ProcessId.Pid(q.getPid());
                    case TAG -> new ProcessId.Tag(q.getTag());
                    case PROCESS_NOT_SET -> throw Faults.invalid("no process is named");
                };
        try (var access = Guests.access(capsules, q.getSandboxId());
                var attachment = access.guest().processes().attach(process)) {
            while (true) {
                switch (attachment.next()) {
                    case AttachEvent.Started(var pid) -> out.send(Messages.started(pid));
                    case AttachEvent.Stdout(var data) -> out.send(Messages.stdout(data));
                    case AttachEvent.Stderr(var data) -> out.send(Messages.stderr(data));
                    case AttachEvent.Terminal(var data) -> out.send(Messages.stdout(data));
                    case AttachEvent.Idle _ -> out.send(Messages.KEEP_ALIVE);
                    case AttachEvent.Exited(var code, var error) -> {
                        out.send(Messages.ended(code, error));
                        return;
                    }
                    case AttachEvent.NotFound _ ->
                            throw new ConnectException(Code.NOT_FOUND, "no such process");
                    case AttachEvent.Last last -> throw Faults.attach(last);
                }
            }
        }
    }

    KillProcessResponse kill(CallContext call, KillProcessRequest q) {
        var signal =
                switch (q.getSignal()) {
                    case SIGNAL_SIGTERM -> KillSignal.TERM;
                    case SIGNAL_SIGKILL -> KillSignal.KILL;
                    case SIGNAL_UNSPECIFIED, UNRECOGNIZED ->
                            throw Faults.invalid("signal is neither SIGKILL nor SIGTERM");
                };
        var process =
                switch (q.getProcessCase()) {
                    case PID -> new ProcessId.Pid(q.getPid());
                    case TAG -> new ProcessId.Tag(q.getTag());
                    case PROCESS_NOT_SET -> throw Faults.invalid("no process is named");
                };
        try (var access = Guests.access(capsules, q.getSandboxId())) {
            Faults.check(access.guest().kill(process, signal));
        }
        return KillProcessResponse.getDefaultInstance();
    }
}
