package dev.wrenn.control.hostlink;

import com.google.protobuf.ByteString;
import dev.wrenn.common.connect.ConnectClient;
import dev.wrenn.common.connect.HostAgentMethods;
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
    private final EventStream<PtyAttachResponse, TerminalEvent> stream;

    AgentTerminalSession(
            AgentClient agent, ConnectClient connect, CapsuleId capsule, PtyAttachRequest request) {
        this.agent = agent;
        this.capsule = capsule;
        this.stream =
                new EventStream<>(
                        connect,
                        HostAgentMethods.PTY_ATTACH,
                        request,
                        AgentTerminalSession::event,
                        TerminalEvent.Broken::new);
    }

    @Override
    public TerminalEvent next() {
        return stream.next();
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
        stream.close();
    }
}
