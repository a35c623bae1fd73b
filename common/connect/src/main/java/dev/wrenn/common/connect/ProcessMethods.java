package dev.wrenn.common.connect;

import dev.wrenn.contracts.process.CloseStdinRequest;
import dev.wrenn.contracts.process.CloseStdinResponse;
import dev.wrenn.contracts.process.ConnectRequest;
import dev.wrenn.contracts.process.ConnectResponse;
import dev.wrenn.contracts.process.ListRequest;
import dev.wrenn.contracts.process.ListResponse;
import dev.wrenn.contracts.process.SendInputRequest;
import dev.wrenn.contracts.process.SendInputResponse;
import dev.wrenn.contracts.process.SendSignalRequest;
import dev.wrenn.contracts.process.SendSignalResponse;
import dev.wrenn.contracts.process.StartRequest;
import dev.wrenn.contracts.process.StartResponse;
import dev.wrenn.contracts.process.UpdateRequest;
import dev.wrenn.contracts.process.UpdateResponse;

/// The guest's process service (`contracts/proto/process`), without its client stream.
public final class ProcessMethods {
    private static final String SERVICE = "process.Process";

    public static final Method<ListRequest, ListResponse> LIST =
            Method.unary(
                    SERVICE,
                    "List",
                    ListRequest.getDefaultInstance(),
                    ListResponse.getDefaultInstance());
    public static final Method<ConnectRequest, ConnectResponse> CONNECT =
            Method.serverStream(
                    SERVICE,
                    "Connect",
                    ConnectRequest.getDefaultInstance(),
                    ConnectResponse.getDefaultInstance());
    public static final Method<StartRequest, StartResponse> START =
            Method.serverStream(
                    SERVICE,
                    "Start",
                    StartRequest.getDefaultInstance(),
                    StartResponse.getDefaultInstance());
    public static final Method<UpdateRequest, UpdateResponse> UPDATE =
            Method.unary(
                    SERVICE,
                    "Update",
                    UpdateRequest.getDefaultInstance(),
                    UpdateResponse.getDefaultInstance());
    public static final Method<SendInputRequest, SendInputResponse> SEND_INPUT =
            Method.unary(
                    SERVICE,
                    "SendInput",
                    SendInputRequest.getDefaultInstance(),
                    SendInputResponse.getDefaultInstance());
    public static final Method<SendSignalRequest, SendSignalResponse> SEND_SIGNAL =
            Method.unary(
                    SERVICE,
                    "SendSignal",
                    SendSignalRequest.getDefaultInstance(),
                    SendSignalResponse.getDefaultInstance());
    public static final Method<CloseStdinRequest, CloseStdinResponse> CLOSE_STDIN =
            Method.unary(
                    SERVICE,
                    "CloseStdin",
                    CloseStdinRequest.getDefaultInstance(),
                    CloseStdinResponse.getDefaultInstance());

    private ProcessMethods() {}
}
