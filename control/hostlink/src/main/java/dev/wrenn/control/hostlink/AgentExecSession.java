package dev.wrenn.control.hostlink;

import com.google.protobuf.Message;
import dev.wrenn.common.connect.CallOptions;
import dev.wrenn.common.connect.ConnectClient;
import dev.wrenn.common.connect.ConnectException;
import dev.wrenn.common.connect.Method;
import dev.wrenn.common.connect.ServerStream;
import dev.wrenn.common.model.CapsuleId;
import dev.wrenn.contracts.hostagent.v1.ExecStreamResponse;
import dev.wrenn.control.domain.hosts.ExecEvent;
import dev.wrenn.control.domain.hosts.ExecSession;
import dev.wrenn.control.domain.hosts.HostAnswer;
import dev.wrenn.control.domain.hosts.HostAnswer.Nothing;
import dev.wrenn.control.domain.hosts.HostFault;
import dev.wrenn.control.domain.hosts.ProcessId;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/// One streamed program. Cancelling a call that started it makes the host kill it; one that only
/// follows it leaves it alone.
final class AgentExecSession implements ExecSession {
    /// The agent sends a keep-alive each few seconds while a program is silent.
    static final Duration SILENCE = Duration.ofSeconds(60);

    private final AgentClient agent;
    private final CapsuleId capsule;
    private final @Nullable ServerStream<ExecStreamResponse> stream;
    private final @Nullable ConnectException refused;

    <Q extends Message> AgentExecSession(
            AgentClient agent,
            ConnectClient connect,
            CapsuleId capsule,
            Method<Q, ExecStreamResponse> method,
            Q request) {
        this.agent = agent;
        this.capsule = capsule;
        ServerStream<ExecStreamResponse> opened = null;
        ConnectException failed = null;
        try {
            opened = connect.stream(method, request, CallOptions.none().withIdle(SILENCE));
        } catch (ConnectException e) {
            failed = e;
        }
        this.stream = opened;
        this.refused = failed;
    }

    @Override
    public ExecEvent next() {
        if (refused != null) return broken(refused);
        if (stream == null) throw new IllegalStateException("neither open nor refused");
        try {
            while (true) {
                var message = stream.next();
                if (message == null)
                    return new ExecEvent.Broken(HostFault.INTERNAL, "the stream ended early");
                var event = event(message);
                if (event != null) return event;
            }
        } catch (ConnectException e) {
            return broken(e);
        }
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

    private static ExecEvent broken(ConnectException e) {
        var fault = Faults.of(e, HostFault.GUEST_GONE);
        return new ExecEvent.Broken(fault, Faults.detail(e, fault));
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
        if (stream != null) stream.close();
    }
}
