package dev.wrenn.common.connect;

import dev.wrenn.contracts.hostagent.v1.CloseInputRequest;
import dev.wrenn.contracts.hostagent.v1.CloseInputResponse;
import dev.wrenn.contracts.hostagent.v1.ConnectProcessRequest;
import dev.wrenn.contracts.hostagent.v1.CreateSandboxRequest;
import dev.wrenn.contracts.hostagent.v1.CreateSandboxResponse;
import dev.wrenn.contracts.hostagent.v1.CreateSnapshotRequest;
import dev.wrenn.contracts.hostagent.v1.CreateSnapshotResponse;
import dev.wrenn.contracts.hostagent.v1.DeleteSnapshotRequest;
import dev.wrenn.contracts.hostagent.v1.DeleteSnapshotResponse;
import dev.wrenn.contracts.hostagent.v1.DestroySandboxRequest;
import dev.wrenn.contracts.hostagent.v1.DestroySandboxResponse;
import dev.wrenn.contracts.hostagent.v1.ExecRequest;
import dev.wrenn.contracts.hostagent.v1.ExecResponse;
import dev.wrenn.contracts.hostagent.v1.ExecStreamRequest;
import dev.wrenn.contracts.hostagent.v1.ExecStreamResponse;
import dev.wrenn.contracts.hostagent.v1.FetchTemplateRequest;
import dev.wrenn.contracts.hostagent.v1.FetchTemplateResponse;
import dev.wrenn.contracts.hostagent.v1.FlattenRootfsRequest;
import dev.wrenn.contracts.hostagent.v1.FlattenRootfsResponse;
import dev.wrenn.contracts.hostagent.v1.FlushSandboxMetricsRequest;
import dev.wrenn.contracts.hostagent.v1.FlushSandboxMetricsResponse;
import dev.wrenn.contracts.hostagent.v1.GetHostRequest;
import dev.wrenn.contracts.hostagent.v1.GetHostResponse;
import dev.wrenn.contracts.hostagent.v1.GetSandboxMetricsRequest;
import dev.wrenn.contracts.hostagent.v1.GetSandboxMetricsResponse;
import dev.wrenn.contracts.hostagent.v1.GetSandboxRequest;
import dev.wrenn.contracts.hostagent.v1.GetSandboxResponse;
import dev.wrenn.contracts.hostagent.v1.KillProcessRequest;
import dev.wrenn.contracts.hostagent.v1.KillProcessResponse;
import dev.wrenn.contracts.hostagent.v1.ListDirRequest;
import dev.wrenn.contracts.hostagent.v1.ListDirResponse;
import dev.wrenn.contracts.hostagent.v1.ListProcessesRequest;
import dev.wrenn.contracts.hostagent.v1.ListProcessesResponse;
import dev.wrenn.contracts.hostagent.v1.ListSandboxesRequest;
import dev.wrenn.contracts.hostagent.v1.ListSandboxesResponse;
import dev.wrenn.contracts.hostagent.v1.MakeDirRequest;
import dev.wrenn.contracts.hostagent.v1.MakeDirResponse;
import dev.wrenn.contracts.hostagent.v1.PauseSandboxRequest;
import dev.wrenn.contracts.hostagent.v1.PauseSandboxResponse;
import dev.wrenn.contracts.hostagent.v1.PingSandboxRequest;
import dev.wrenn.contracts.hostagent.v1.PingSandboxResponse;
import dev.wrenn.contracts.hostagent.v1.PtyAttachRequest;
import dev.wrenn.contracts.hostagent.v1.PtyAttachResponse;
import dev.wrenn.contracts.hostagent.v1.PtyKillRequest;
import dev.wrenn.contracts.hostagent.v1.PtyKillResponse;
import dev.wrenn.contracts.hostagent.v1.PtyResizeRequest;
import dev.wrenn.contracts.hostagent.v1.PtyResizeResponse;
import dev.wrenn.contracts.hostagent.v1.PtySendInputRequest;
import dev.wrenn.contracts.hostagent.v1.PtySendInputResponse;
import dev.wrenn.contracts.hostagent.v1.RemovePathRequest;
import dev.wrenn.contracts.hostagent.v1.RemovePathResponse;
import dev.wrenn.contracts.hostagent.v1.RenamePathRequest;
import dev.wrenn.contracts.hostagent.v1.RenamePathResponse;
import dev.wrenn.contracts.hostagent.v1.ResumeSandboxRequest;
import dev.wrenn.contracts.hostagent.v1.ResumeSandboxResponse;
import dev.wrenn.contracts.hostagent.v1.SendInputRequest;
import dev.wrenn.contracts.hostagent.v1.SendInputResponse;
import dev.wrenn.contracts.hostagent.v1.SetNetworkRequest;
import dev.wrenn.contracts.hostagent.v1.SetNetworkResponse;
import dev.wrenn.contracts.hostagent.v1.StartBackgroundRequest;
import dev.wrenn.contracts.hostagent.v1.StartBackgroundResponse;
import dev.wrenn.contracts.hostagent.v1.StatPathRequest;
import dev.wrenn.contracts.hostagent.v1.StatPathResponse;
import dev.wrenn.contracts.hostagent.v1.TerminateRequest;
import dev.wrenn.contracts.hostagent.v1.TerminateResponse;
import dev.wrenn.contracts.hostagent.v1.WatchSandboxesRequest;
import dev.wrenn.contracts.hostagent.v1.WatchSandboxesResponse;

/// The host agent's service (`contracts/proto/hostagent/v1`).
public final class HostAgentMethods {
    private static final String SERVICE = "hostagent.v1.HostAgentService";

    public static final Method<CreateSandboxRequest, CreateSandboxResponse> CREATE_SANDBOX =
            Method.unary(
                    SERVICE,
                    "CreateSandbox",
                    CreateSandboxRequest.getDefaultInstance(),
                    CreateSandboxResponse.getDefaultInstance());
    public static final Method<DestroySandboxRequest, DestroySandboxResponse> DESTROY_SANDBOX =
            Method.unary(
                    SERVICE,
                    "DestroySandbox",
                    DestroySandboxRequest.getDefaultInstance(),
                    DestroySandboxResponse.getDefaultInstance());
    public static final Method<PauseSandboxRequest, PauseSandboxResponse> PAUSE_SANDBOX =
            Method.unary(
                    SERVICE,
                    "PauseSandbox",
                    PauseSandboxRequest.getDefaultInstance(),
                    PauseSandboxResponse.getDefaultInstance());
    public static final Method<ResumeSandboxRequest, ResumeSandboxResponse> RESUME_SANDBOX =
            Method.unary(
                    SERVICE,
                    "ResumeSandbox",
                    ResumeSandboxRequest.getDefaultInstance(),
                    ResumeSandboxResponse.getDefaultInstance());
    public static final Method<CreateSnapshotRequest, CreateSnapshotResponse> CREATE_SNAPSHOT =
            Method.unary(
                    SERVICE,
                    "CreateSnapshot",
                    CreateSnapshotRequest.getDefaultInstance(),
                    CreateSnapshotResponse.getDefaultInstance());
    public static final Method<DeleteSnapshotRequest, DeleteSnapshotResponse> DELETE_SNAPSHOT =
            Method.unary(
                    SERVICE,
                    "DeleteSnapshot",
                    DeleteSnapshotRequest.getDefaultInstance(),
                    DeleteSnapshotResponse.getDefaultInstance());
    public static final Method<FetchTemplateRequest, FetchTemplateResponse> FETCH_TEMPLATE =
            Method.unary(
                    SERVICE,
                    "FetchTemplate",
                    FetchTemplateRequest.getDefaultInstance(),
                    FetchTemplateResponse.getDefaultInstance());
    public static final Method<FlattenRootfsRequest, FlattenRootfsResponse> FLATTEN_ROOTFS =
            Method.unary(
                    SERVICE,
                    "FlattenRootfs",
                    FlattenRootfsRequest.getDefaultInstance(),
                    FlattenRootfsResponse.getDefaultInstance());
    public static final Method<SetNetworkRequest, SetNetworkResponse> SET_NETWORK =
            Method.unary(
                    SERVICE,
                    "SetNetwork",
                    SetNetworkRequest.getDefaultInstance(),
                    SetNetworkResponse.getDefaultInstance());
    public static final Method<GetSandboxRequest, GetSandboxResponse> GET_SANDBOX =
            Method.unary(
                    SERVICE,
                    "GetSandbox",
                    GetSandboxRequest.getDefaultInstance(),
                    GetSandboxResponse.getDefaultInstance());
    public static final Method<ListSandboxesRequest, ListSandboxesResponse> LIST_SANDBOXES =
            Method.unary(
                    SERVICE,
                    "ListSandboxes",
                    ListSandboxesRequest.getDefaultInstance(),
                    ListSandboxesResponse.getDefaultInstance());
    public static final Method<WatchSandboxesRequest, WatchSandboxesResponse> WATCH_SANDBOXES =
            Method.serverStream(
                    SERVICE,
                    "WatchSandboxes",
                    WatchSandboxesRequest.getDefaultInstance(),
                    WatchSandboxesResponse.getDefaultInstance());
    public static final Method<PingSandboxRequest, PingSandboxResponse> PING_SANDBOX =
            Method.unary(
                    SERVICE,
                    "PingSandbox",
                    PingSandboxRequest.getDefaultInstance(),
                    PingSandboxResponse.getDefaultInstance());
    public static final Method<GetSandboxMetricsRequest, GetSandboxMetricsResponse>
            GET_SANDBOX_METRICS =
                    Method.unary(
                            SERVICE,
                            "GetSandboxMetrics",
                            GetSandboxMetricsRequest.getDefaultInstance(),
                            GetSandboxMetricsResponse.getDefaultInstance());
    public static final Method<FlushSandboxMetricsRequest, FlushSandboxMetricsResponse>
            FLUSH_SANDBOX_METRICS =
                    Method.unary(
                            SERVICE,
                            "FlushSandboxMetrics",
                            FlushSandboxMetricsRequest.getDefaultInstance(),
                            FlushSandboxMetricsResponse.getDefaultInstance());
    public static final Method<ExecRequest, ExecResponse> EXEC =
            Method.unary(
                    SERVICE,
                    "Exec",
                    ExecRequest.getDefaultInstance(),
                    ExecResponse.getDefaultInstance());
    public static final Method<ExecStreamRequest, ExecStreamResponse> EXEC_STREAM =
            Method.serverStream(
                    SERVICE,
                    "ExecStream",
                    ExecStreamRequest.getDefaultInstance(),
                    ExecStreamResponse.getDefaultInstance());
    public static final Method<SendInputRequest, SendInputResponse> SEND_INPUT =
            Method.unary(
                    SERVICE,
                    "SendInput",
                    SendInputRequest.getDefaultInstance(),
                    SendInputResponse.getDefaultInstance());
    public static final Method<CloseInputRequest, CloseInputResponse> CLOSE_INPUT =
            Method.unary(
                    SERVICE,
                    "CloseInput",
                    CloseInputRequest.getDefaultInstance(),
                    CloseInputResponse.getDefaultInstance());
    public static final Method<KillProcessRequest, KillProcessResponse> KILL_PROCESS =
            Method.unary(
                    SERVICE,
                    "KillProcess",
                    KillProcessRequest.getDefaultInstance(),
                    KillProcessResponse.getDefaultInstance());
    public static final Method<StartBackgroundRequest, StartBackgroundResponse> START_BACKGROUND =
            Method.unary(
                    SERVICE,
                    "StartBackground",
                    StartBackgroundRequest.getDefaultInstance(),
                    StartBackgroundResponse.getDefaultInstance());
    public static final Method<ListProcessesRequest, ListProcessesResponse> LIST_PROCESSES =
            Method.unary(
                    SERVICE,
                    "ListProcesses",
                    ListProcessesRequest.getDefaultInstance(),
                    ListProcessesResponse.getDefaultInstance());
    public static final Method<ConnectProcessRequest, ExecStreamResponse> CONNECT_PROCESS =
            Method.serverStream(
                    SERVICE,
                    "ConnectProcess",
                    ConnectProcessRequest.getDefaultInstance(),
                    ExecStreamResponse.getDefaultInstance());
    public static final Method<PtyAttachRequest, PtyAttachResponse> PTY_ATTACH =
            Method.serverStream(
                    SERVICE,
                    "PtyAttach",
                    PtyAttachRequest.getDefaultInstance(),
                    PtyAttachResponse.getDefaultInstance());
    public static final Method<PtySendInputRequest, PtySendInputResponse> PTY_SEND_INPUT =
            Method.unary(
                    SERVICE,
                    "PtySendInput",
                    PtySendInputRequest.getDefaultInstance(),
                    PtySendInputResponse.getDefaultInstance());
    public static final Method<PtyResizeRequest, PtyResizeResponse> PTY_RESIZE =
            Method.unary(
                    SERVICE,
                    "PtyResize",
                    PtyResizeRequest.getDefaultInstance(),
                    PtyResizeResponse.getDefaultInstance());
    public static final Method<PtyKillRequest, PtyKillResponse> PTY_KILL =
            Method.unary(
                    SERVICE,
                    "PtyKill",
                    PtyKillRequest.getDefaultInstance(),
                    PtyKillResponse.getDefaultInstance());
    public static final Method<StatPathRequest, StatPathResponse> STAT_PATH =
            Method.unary(
                    SERVICE,
                    "StatPath",
                    StatPathRequest.getDefaultInstance(),
                    StatPathResponse.getDefaultInstance());
    public static final Method<ListDirRequest, ListDirResponse> LIST_DIR =
            Method.unary(
                    SERVICE,
                    "ListDir",
                    ListDirRequest.getDefaultInstance(),
                    ListDirResponse.getDefaultInstance());
    public static final Method<MakeDirRequest, MakeDirResponse> MAKE_DIR =
            Method.unary(
                    SERVICE,
                    "MakeDir",
                    MakeDirRequest.getDefaultInstance(),
                    MakeDirResponse.getDefaultInstance());
    public static final Method<RemovePathRequest, RemovePathResponse> REMOVE_PATH =
            Method.unary(
                    SERVICE,
                    "RemovePath",
                    RemovePathRequest.getDefaultInstance(),
                    RemovePathResponse.getDefaultInstance());
    public static final Method<RenamePathRequest, RenamePathResponse> RENAME_PATH =
            Method.unary(
                    SERVICE,
                    "RenamePath",
                    RenamePathRequest.getDefaultInstance(),
                    RenamePathResponse.getDefaultInstance());
    public static final Method<GetHostRequest, GetHostResponse> GET_HOST =
            Method.unary(
                    SERVICE,
                    "GetHost",
                    GetHostRequest.getDefaultInstance(),
                    GetHostResponse.getDefaultInstance());
    public static final Method<TerminateRequest, TerminateResponse> TERMINATE =
            Method.unary(
                    SERVICE,
                    "Terminate",
                    TerminateRequest.getDefaultInstance(),
                    TerminateResponse.getDefaultInstance());

    private HostAgentMethods() {}
}
