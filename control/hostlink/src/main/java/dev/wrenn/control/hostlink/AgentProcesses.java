package dev.wrenn.control.hostlink;

import dev.wrenn.common.connect.ConnectClient;
import dev.wrenn.common.connect.HostAgentMethods;
import dev.wrenn.common.model.CapsuleId;
import dev.wrenn.contracts.hostagent.v1.ConnectProcessRequest;
import dev.wrenn.contracts.hostagent.v1.KillProcessRequest;
import dev.wrenn.contracts.hostagent.v1.ListProcessesRequest;
import dev.wrenn.contracts.hostagent.v1.ListProcessesResponse;
import dev.wrenn.contracts.hostagent.v1.StartBackgroundRequest;
import dev.wrenn.control.domain.hosts.Command;
import dev.wrenn.control.domain.hosts.ExecSession;
import dev.wrenn.control.domain.hosts.GuestProcess;
import dev.wrenn.control.domain.hosts.HostAnswer;
import dev.wrenn.control.domain.hosts.HostAnswer.Nothing;
import dev.wrenn.control.domain.hosts.HostFault;
import dev.wrenn.control.domain.hosts.ProcessId;
import dev.wrenn.control.domain.hosts.Started;
import java.time.Duration;
import java.util.List;

/// Calls about programs that belong to nobody. Thread-safe.
final class AgentProcesses {
    /// A start waits for nothing but the program's exec.
    private static final Duration START = Duration.ofSeconds(30);

    private final AgentClient agent;
    private final ConnectClient connect;

    AgentProcesses(AgentClient agent, ConnectClient connect) {
        this.agent = agent;
        this.connect = connect;
    }

    HostAnswer<Started> start(CapsuleId id, Command command, String tag) {
        var request =
                StartBackgroundRequest.newBuilder()
                        .setSandboxId(id.toString())
                        .setTag(tag)
                        .setCmd(command.program())
                        .addAllArgs(command.args())
                        .putAllEnvs(command.envs())
                        .setCwd(command.cwd())
                        .build();
        return agent.call(
                HostAgentMethods.START_BACKGROUND,
                request,
                START,
                HostFault.GUEST_GONE,
                response -> new Started(response.getPid(), response.getTag()));
    }

    HostAnswer<List<GuestProcess>> list(CapsuleId id) {
        return agent.call(
                HostAgentMethods.LIST_PROCESSES,
                ListProcessesRequest.newBuilder().setSandboxId(id.toString()).build(),
                AgentClient.SIGNAL,
                HostFault.GUEST_GONE,
                response ->
                        response.getProcessesList().stream().map(AgentProcesses::process).toList());
    }

    private static GuestProcess process(ListProcessesResponse.Process said) {
        return new GuestProcess(said.getPid(), said.getTag(), said.getCmd(), said.getArgsList());
    }

    HostAnswer<Nothing> kill(CapsuleId id, ProcessId process, ExecSession.Signal signal) {
        var request = KillProcessRequest.newBuilder().setSandboxId(id.toString());
        switch (process) {
            case ProcessId.Pid(var value) -> request.setPid(value);
            case ProcessId.Tag(var value) -> request.setTag(value);
        }
        request.setSignal(
                switch (signal) {
                    case TERM -> KillProcessRequest.Signal.SIGNAL_SIGTERM;
                    case KILL -> KillProcessRequest.Signal.SIGNAL_SIGKILL;
                });
        return agent.call(
                HostAgentMethods.KILL_PROCESS,
                request.build(),
                AgentClient.SIGNAL,
                HostFault.GUEST_GONE,
                _ -> Nothing.NOTHING);
    }

    ExecSession follow(CapsuleId id, ProcessId process) {
        var request = ConnectProcessRequest.newBuilder().setSandboxId(id.toString());
        switch (process) {
            case ProcessId.Pid(var value) -> request.setPid(value);
            case ProcessId.Tag(var value) -> request.setTag(value);
        }
        return new AgentExecSession(
                agent, connect, id, HostAgentMethods.CONNECT_PROCESS, request.build());
    }
}
