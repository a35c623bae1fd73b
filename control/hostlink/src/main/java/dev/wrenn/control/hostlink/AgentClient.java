package dev.wrenn.control.hostlink;

import com.google.protobuf.ByteString;
import com.google.protobuf.Message;
import dev.wrenn.common.connect.CallOptions;
import dev.wrenn.common.connect.ConnectClient;
import dev.wrenn.common.connect.ConnectException;
import dev.wrenn.common.connect.HostAgentMethods;
import dev.wrenn.common.connect.Method;
import dev.wrenn.common.connect.ServerStream;
import dev.wrenn.common.model.CapsuleId;
import dev.wrenn.common.model.Egress;
import dev.wrenn.common.model.TeamId;
import dev.wrenn.common.model.TemplateId;
import dev.wrenn.contracts.hostagent.v1.CloseInputRequest;
import dev.wrenn.contracts.hostagent.v1.DeleteSnapshotRequest;
import dev.wrenn.contracts.hostagent.v1.DestroySandboxRequest;
import dev.wrenn.contracts.hostagent.v1.FetchTemplateRequest;
import dev.wrenn.contracts.hostagent.v1.FlattenRootfsRequest;
import dev.wrenn.contracts.hostagent.v1.FlattenRootfsResponse;
import dev.wrenn.contracts.hostagent.v1.GetHostRequest;
import dev.wrenn.contracts.hostagent.v1.GetSandboxRequest;
import dev.wrenn.contracts.hostagent.v1.PauseSandboxRequest;
import dev.wrenn.contracts.hostagent.v1.PingSandboxRequest;
import dev.wrenn.contracts.hostagent.v1.SendInputRequest;
import dev.wrenn.contracts.hostagent.v1.TerminateRequest;
import dev.wrenn.contracts.hostagent.v1.WatchSandboxesRequest;
import dev.wrenn.contracts.hostagent.v1.WatchSandboxesResponse;
import dev.wrenn.control.domain.hosts.BootOrder;
import dev.wrenn.control.domain.hosts.Command;
import dev.wrenn.control.domain.hosts.ExecResult;
import dev.wrenn.control.domain.hosts.ExecSession;
import dev.wrenn.control.domain.hosts.GuestProcess;
import dev.wrenn.control.domain.hosts.HostAnswer;
import dev.wrenn.control.domain.hosts.HostAnswer.Nothing;
import dev.wrenn.control.domain.hosts.HostCapsule;
import dev.wrenn.control.domain.hosts.HostClient;
import dev.wrenn.control.domain.hosts.HostFault;
import dev.wrenn.control.domain.hosts.HostFiles;
import dev.wrenn.control.domain.hosts.HostImages;
import dev.wrenn.control.domain.hosts.HostList;
import dev.wrenn.control.domain.hosts.HostMetrics;
import dev.wrenn.control.domain.hosts.HostReport;
import dev.wrenn.control.domain.hosts.HostSnapshot;
import dev.wrenn.control.domain.hosts.ListSum;
import dev.wrenn.control.domain.hosts.ProcessId;
import dev.wrenn.control.domain.hosts.Started;
import dev.wrenn.control.domain.hosts.TerminalSession;
import dev.wrenn.control.domain.hosts.TerminalStart;
import java.time.Duration;
import java.util.List;
import java.util.function.Function;

/// One host agent over Connect. Thread-safe.
final class AgentClient implements HostClient, AutoCloseable {
    /// Beyond a program's own limit: killing its process group and bringing the answer home.
    private static final Duration EXEC_GRACE = Duration.ofSeconds(15);

    /// Input waits while the program does not read; a program that never does must not hold a
    /// connection for ever.
    static final Duration INPUT = Duration.ofMinutes(10);

    static final Duration SIGNAL = Duration.ofSeconds(10);

    /// Longest silence of the watch stream; the agent sends heartbeats each 5 s.
    private static final Duration WATCH_SILENCE = Duration.ofSeconds(15);

    private final ConnectClient connect;
    private final AgentProcesses processes;
    private final AgentFiles files;
    private final AgentImages images;
    private final AgentMetrics metrics;
    private volatile Runnable templatesChanged = () -> {};

    AgentClient(ConnectClient connect) {
        this.connect = connect;
        this.processes = new AgentProcesses(this, connect);
        this.files = new AgentFiles(connect);
        this.images = new AgentImages(connect);
        this.metrics = new AgentMetrics(this);
    }

    /// Who is to know when we have changed which templates the host has.
    void onTemplates(Runnable listener) {
        templatesChanged = listener;
    }

    private <T> HostAnswer<T> templates(HostAnswer<T> answer) {
        if (answer instanceof HostAnswer.Done) templatesChanged.run();
        return answer;
    }

    @Override
    public HostAnswer<HostCapsule> create(BootOrder order, Duration limit) {
        return call(
                HostAgentMethods.CREATE_SANDBOX,
                Messages.create(order),
                limit,
                HostFault.NO_ROOM,
                response -> Messages.capsule(response.getSandbox()));
    }

    @Override
    public HostAnswer<Nothing> destroy(CapsuleId id, Duration limit) {
        return call(
                HostAgentMethods.DESTROY_SANDBOX,
                DestroySandboxRequest.newBuilder().setSandboxId(id.toString()).build(),
                limit,
                HostFault.INTERNAL,
                _ -> Nothing.NOTHING);
    }

    @Override
    public HostAnswer<Nothing> destroy(CapsuleId id, long upTo, Duration limit) {
        return call(
                HostAgentMethods.DESTROY_SANDBOX,
                DestroySandboxRequest.newBuilder()
                        .setSandboxId(id.toString())
                        .setIncarnation(upTo)
                        .build(),
                limit,
                HostFault.INTERNAL,
                _ -> Nothing.NOTHING);
    }

    @Override
    public HostAnswer<HostCapsule> pause(CapsuleId id, long incarnation, Duration limit) {
        return call(
                HostAgentMethods.PAUSE_SANDBOX,
                PauseSandboxRequest.newBuilder()
                        .setSandboxId(id.toString())
                        .setIncarnation(incarnation)
                        .build(),
                limit,
                HostFault.INTERNAL,
                response -> Messages.capsule(response.getSandbox()));
    }

    @Override
    public HostAnswer<HostCapsule> resume(
            CapsuleId id, long incarnation, Duration idleTimeout, Duration limit) {
        return call(
                HostAgentMethods.RESUME_SANDBOX,
                Messages.resume(id, incarnation, idleTimeout),
                limit,
                HostFault.NO_ROOM,
                response -> Messages.capsule(response.getSandbox()));
    }

    @Override
    public HostAnswer<Nothing> network(CapsuleId id, Egress egress, Duration limit) {
        return call(
                HostAgentMethods.SET_NETWORK,
                Messages.network(id, egress),
                limit,
                HostFault.INTERNAL,
                _ -> Nothing.NOTHING);
    }

    @Override
    public HostAnswer<HostSnapshot> createSnapshot(
            CapsuleId id, TeamId team, TemplateId template, Duration limit) {
        return templates(
                call(
                        HostAgentMethods.CREATE_SNAPSHOT,
                        Messages.snapshot(id, team, template),
                        limit,
                        HostFault.INTERNAL,
                        Messages::snapshot));
    }

    @Override
    public HostAnswer<Long> flatten(
            CapsuleId id, TeamId team, TemplateId template, Duration limit) {
        return templates(
                call(
                        HostAgentMethods.FLATTEN_ROOTFS,
                        FlattenRootfsRequest.newBuilder()
                                .setSandboxId(id.toString())
                                .setTeamId(team.value().toString())
                                .setTemplateId(template.value().toString())
                                .build(),
                        limit,
                        HostFault.INTERNAL,
                        FlattenRootfsResponse::getSizeBytes));
    }

    @Override
    public HostAnswer<Nothing> fetchTemplate(
            TeamId team, TemplateId template, String outline, Duration limit) {
        return templates(
                call(
                        HostAgentMethods.FETCH_TEMPLATE,
                        FetchTemplateRequest.newBuilder()
                                .setTeamId(team.value().toString())
                                .setTemplateId(template.value().toString())
                                .setOutlineSha256(outline)
                                .build(),
                        limit,
                        HostFault.INTERNAL,
                        _ -> Nothing.NOTHING));
    }

    @Override
    public HostAnswer<Nothing> deleteSnapshot(TeamId team, TemplateId template, Duration limit) {
        return templates(
                call(
                        HostAgentMethods.DELETE_SNAPSHOT,
                        DeleteSnapshotRequest.newBuilder()
                                .setTeamId(team.value().toString())
                                .setTemplateId(template.value().toString())
                                .build(),
                        limit,
                        HostFault.INTERNAL,
                        _ -> Nothing.NOTHING));
    }

    @Override
    public HostAnswer<HostCapsule> find(CapsuleId id, Duration limit) {
        return call(
                HostAgentMethods.GET_SANDBOX,
                GetSandboxRequest.newBuilder().setSandboxId(id.toString()).build(),
                limit,
                HostFault.INTERNAL,
                response -> Messages.capsule(response.getSandbox()));
    }

    @Override
    public HostAnswer<HostList> list(ListSum known, Duration limit) {
        return call(
                HostAgentMethods.LIST_SANDBOXES,
                Messages.list(known),
                limit,
                HostFault.INTERNAL,
                response -> Messages.list(known, response));
    }

    @Override
    public HostAnswer<Nothing> ping(CapsuleId id, Duration limit) {
        return call(
                HostAgentMethods.PING_SANDBOX,
                PingSandboxRequest.newBuilder().setSandboxId(id.toString()).build(),
                limit,
                HostFault.INTERNAL,
                _ -> Nothing.NOTHING);
    }

    @Override
    public HostAnswer<ExecResult> exec(CapsuleId id, Command command) {
        var limit = command.limit().isZero() ? Duration.ZERO : command.limit().plus(EXEC_GRACE);
        return call(
                HostAgentMethods.EXEC,
                Messages.exec(id, command),
                limit,
                HostFault.GUEST_GONE,
                response ->
                        new ExecResult(
                                response.getStdout().toByteArray(),
                                response.getStderr().toByteArray(),
                                response.getExitCode(),
                                response.getTruncated()));
    }

    @Override
    public ExecSession stream(CapsuleId id, Command command) {
        return new AgentExecSession(
                this, connect, id, HostAgentMethods.EXEC_STREAM, Messages.stream(id, command));
    }

    @Override
    public HostAnswer<Started> startBackground(CapsuleId id, Command command, String tag) {
        return processes.start(id, command, tag);
    }

    @Override
    public HostAnswer<List<GuestProcess>> processes(CapsuleId id) {
        return processes.list(id);
    }

    @Override
    public HostAnswer<Nothing> kill(CapsuleId id, ProcessId process, ExecSession.Signal signal) {
        return processes.kill(id, process, signal);
    }

    @Override
    public ExecSession follow(CapsuleId id, ProcessId process) {
        return processes.follow(id, process);
    }

    @Override
    public TerminalSession openTerminal(CapsuleId id, TerminalStart start) {
        return new AgentTerminalSession(this, connect, id, Messages.terminal(id, start));
    }

    @Override
    public TerminalSession reopenTerminal(CapsuleId id, String tag) {
        return new AgentTerminalSession(this, connect, id, Messages.terminal(id, tag));
    }

    @Override
    public HostFiles files() {
        return files;
    }

    @Override
    public HostImages images() {
        return images;
    }

    @Override
    public HostMetrics metrics() {
        return metrics;
    }

    @Override
    public HostAnswer<Nothing> terminate(Duration limit) {
        return call(
                HostAgentMethods.TERMINATE,
                TerminateRequest.getDefaultInstance(),
                limit,
                HostFault.INTERNAL,
                _ -> Nothing.NOTHING);
    }

    @Override
    public HostAnswer<HostReport> report(Duration limit) {
        return call(
                HostAgentMethods.GET_HOST,
                GetHostRequest.getDefaultInstance(),
                limit,
                HostFault.INTERNAL,
                Messages::report);
    }

    HostAnswer<Nothing> input(CapsuleId id, int pid, byte[] data) {
        var request =
                SendInputRequest.newBuilder()
                        .setSandboxId(id.toString())
                        .setPid(pid)
                        .setData(ByteString.copyFrom(data))
                        .build();
        return call(
                HostAgentMethods.SEND_INPUT,
                request,
                INPUT,
                HostFault.GUEST_GONE,
                _ -> Nothing.NOTHING);
    }

    HostAnswer<Nothing> closeInput(CapsuleId id, int pid) {
        var request =
                CloseInputRequest.newBuilder().setSandboxId(id.toString()).setPid(pid).build();
        return call(
                HostAgentMethods.CLOSE_INPUT,
                request,
                SIGNAL,
                HostFault.GUEST_GONE,
                _ -> Nothing.NOTHING);
    }

    /// The stream of everything that changes on the host; broken when silent for 15 s.
    ServerStream<WatchSandboxesResponse> watch() {
        return connect.stream(
                HostAgentMethods.WATCH_SANDBOXES,
                WatchSandboxesRequest.getDefaultInstance(),
                CallOptions.none().withIdle(WATCH_SILENCE));
    }

    <Q extends Message, R extends Message, T> HostAnswer<T> call(
            Method<Q, R> method,
            Q request,
            Duration limit,
            HostFault unavailable,
            Function<R, T> read) {
        try {
            var response = connect.unary(method, request, CallOptions.timeout(limit));
            return new HostAnswer.Done<>(read.apply(response));
        } catch (ConnectException e) {
            var fault = Faults.of(e, unavailable);
            return new HostAnswer.Refused<>(fault, Faults.detail(e, fault));
        }
    }

    @Override
    public void close() {
        connect.close();
    }
}
