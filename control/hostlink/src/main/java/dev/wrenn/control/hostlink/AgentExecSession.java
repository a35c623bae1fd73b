package dev.wrenn.control.hostlink;

import com.google.protobuf.Message;
import dev.wrenn.common.connect.ConnectClient;
import dev.wrenn.common.connect.Method;
import dev.wrenn.common.model.CapsuleId;
import dev.wrenn.contracts.hostagent.v1.ExecStreamResponse;
import dev.wrenn.control.domain.hosts.ExecEvent;
import dev.wrenn.control.domain.hosts.ExecSession;
import dev.wrenn.control.domain.hosts.HostAnswer;
import dev.wrenn.control.domain.hosts.HostAnswer.Nothing;
import dev.wrenn.control.domain.hosts.HostFault;
import dev.wrenn.control.domain.hosts.ProcessId;
import org.jspecify.annotations.Nullable;

/// One streamed program. Cancelling a call that started it makes the host kill it; one that only
/// follows it leaves it alone.
final class AgentExecSession implements ExecSession {
    private final AgentClient agent;
    private final CapsuleId capsule;
    private final EventStream<ExecStreamResponse, ExecEvent> stream;

    <Q extends Message> AgentExecSession(
            AgentClient agent,
            ConnectClient connect,
            CapsuleId capsule,
            Method<Q, ExecStreamResponse> method,
            Q request) {
        this.agent = agent;
        this.capsule = capsule;
        this.stream =
                new EventStream<>(
                        connect, method, request, AgentExecSession::event, ExecEvent.Broken::new);
    }

    @Override
    public ExecEvent next() {
        return stream.next();
    }

    /// @return null for messages without news
    private static @Nullable ExecEvent event(ExecStreamResponse message) {
        return switch (message.getEventCase()) {
            case START -> new ExecEvent.Started(message.getStart().getPid());
            case DATA -> {
                var data = message.getData();
                yield switch (data.getOutputCase()) {
                    case STDOUT -> new ExecEvent.Stdout(data.getStdout().toByteArray());
                    case STDERR -> new ExecEvent.Stderr(data.getStderr().toByteArray());
                    case OUTPUT_NOT_SET -> null;
                };
            }
            case END -> {
                var end = message.getEnd();
                // Beside a code the text only says it in words: `exit status 3`, `signal: killed`.
                yield end.getError().isEmpty() || end.getExitCode() != 0
                        ? new ExecEvent.Exited(end.getExitCode())
                        : new ExecEvent.Broken(HostFault.INTERNAL, end.getError());
            }
            case KEEPALIVE, EVENT_NOT_SET -> null;
        };
    }

    @Override
    public HostAnswer<Nothing> input(int pid, byte[] data) {
        return agent.input(capsule, pid, data);
    }

    @Override
    public HostAnswer<Nothing> closeInput(int pid) {
        return agent.closeInput(capsule, pid);
    }

    @Override
    public HostAnswer<Nothing> signal(int pid, Signal signal) {
        return agent.kill(capsule, new ProcessId.Pid(pid), signal);
    }

    @Override
    public void close() {
        stream.close();
    }
}
