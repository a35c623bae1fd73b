package dev.wrenn.control.hostlink;

import com.google.protobuf.ByteString;
import dev.wrenn.common.connect.CallOptions;
import dev.wrenn.common.connect.ConnectClient;
import dev.wrenn.common.connect.ConnectException;
import dev.wrenn.common.connect.HostAgentMethods;
import dev.wrenn.common.connect.ServerStream;
import dev.wrenn.common.model.CapsuleId;
import dev.wrenn.contracts.hostagent.v1.PtyAttachRequest;
import dev.wrenn.contracts.hostagent.v1.PtyAttachResponse;
import dev.wrenn.contracts.hostagent.v1.PtyKillRequest;
import dev.wrenn.contracts.hostagent.v1.PtyResizeRequest;
import dev.wrenn.contracts.hostagent.v1.PtySendInputRequest;
import dev.wrenn.control.domain.hosts.HostAnswer;
import dev.wrenn.control.domain.hosts.HostAnswer.Nothing;
import dev.wrenn.control.domain.hosts.HostFault;
import dev.wrenn.control.domain.hosts.TerminalEvent;
import dev.wrenn.control.domain.hosts.TerminalSession;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/// One terminal. Cancelling the call leaves its program alone.
final class AgentTerminalSession implements TerminalSession {
    private static final Duration LIMIT = Duration.ofSeconds(5);

    private final AgentClient agent;
    private final CapsuleId capsule;
    private final @Nullable ServerStream<PtyAttachResponse> stream;
    private final @Nullable ConnectException refused;

    AgentTerminalSession(
            AgentClient agent, ConnectClient connect, CapsuleId capsule, PtyAttachRequest request) {
        this.agent = agent;
        this.capsule = capsule;
        ServerStream<PtyAttachResponse> opened = null;
        ConnectException failed = null;
        try {
            opened =
                    connect.stream(
                            HostAgentMethods.PTY_ATTACH,
                            request,
                            CallOptions.none().withIdle(AgentExecSession.SILENCE));
        } catch (ConnectException e) {
            failed = e;
        }
        this.stream = opened;
        this.refused = failed;
    }

    @Override
    public TerminalEvent next() {
        if (refused != null) return broken(refused);
        if (stream == null) throw new IllegalStateException("neither open nor refused");
        try {
            while (true) {
                var message = stream.next();
                if (message == null)
                    return new TerminalEvent.Broken(HostFault.INTERNAL, "the stream ended early");
                var event = event(message);
                if (event != null) return event;
            }
        } catch (ConnectException e) {
            return broken(e);
        }
    }

    /// @return null for messages without news
    private static @Nullable TerminalEvent event(PtyAttachResponse message) {
        return switch (message.getEventCase()) {
            case STARTED ->
                    new TerminalEvent.Started(
                            message.getStarted().getPid(), message.getStarted().getTag());
            case OUTPUT -> new TerminalEvent.Output(message.getOutput().toByteArray());
            case EXITED -> new TerminalEvent.Exited(message.getExited().getExitCode());
            case KEEPALIVE, EVENT_NOT_SET -> null;
        };
    }

    private static TerminalEvent broken(ConnectException e) {
        var fault = Faults.of(e, HostFault.GUEST_GONE);
        return new TerminalEvent.Broken(fault, Faults.detail(e, fault));
    }

    @Override
    public HostAnswer<Nothing> input(String tag, byte[] data) {
        var request =
                PtySendInputRequest.newBuilder()
                        .setSandboxId(capsule.toString())
                        .setTag(tag)
                        .setData(ByteString.copyFrom(data))
                        .build();
        return agent.call(
                HostAgentMethods.PTY_SEND_INPUT,
                request,
                AgentClient.INPUT,
                HostFault.GUEST_GONE,
                _ -> Nothing.NOTHING);
    }

    @Override
    public HostAnswer<Nothing> resize(String tag, int cols, int rows) {
        var request =
                PtyResizeRequest.newBuilder()
                        .setSandboxId(capsule.toString())
                        .setTag(tag)
                        .setCols(cols)
                        .setRows(rows)
                        .build();
        return agent.call(
                HostAgentMethods.PTY_RESIZE,
                request,
                LIMIT,
                HostFault.GUEST_GONE,
                _ -> Nothing.NOTHING);
    }

    @Override
    public HostAnswer<Nothing> kill(String tag) {
        var request =
                PtyKillRequest.newBuilder().setSandboxId(capsule.toString()).setTag(tag).build();
        return agent.call(
                HostAgentMethods.PTY_KILL,
                request,
                LIMIT,
                HostFault.GUEST_GONE,
                _ -> Nothing.NOTHING);
    }

    @Override
    public void close() {
        if (stream != null) stream.close();
    }
}
