package dev.wrenn.host.guest;

import com.google.protobuf.ByteString;
import dev.wrenn.common.connect.CallOptions;
import dev.wrenn.common.connect.ConnectException;
import dev.wrenn.common.connect.ProcessMethods;
import dev.wrenn.contracts.process.ConnectRequest;
import dev.wrenn.contracts.process.ConnectResponse;
import dev.wrenn.contracts.process.ListRequest;
import dev.wrenn.contracts.process.ProcessConfig;
import dev.wrenn.contracts.process.ProcessInfo;
import dev.wrenn.contracts.process.ProcessInput;
import dev.wrenn.contracts.process.SendInputRequest;
import dev.wrenn.contracts.process.StartRequest;
import dev.wrenn.contracts.process.StartResponse;
import dev.wrenn.contracts.process.UpdateRequest;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Base64;
import java.util.HashMap;
import java.util.regex.Pattern;

/// Processes of a guest that do not depend on who started them: in the background or in a terminal.
/// Thread-safe; every method blocks.
public final class GuestProcesses {
    private static final Pattern UNNAMED =
            Pattern.compile(Pattern.quote(GuestClient.EXEC_TAG) + "[0-9a-f-]{36}");

    private final GuestClient guest;

    GuestProcesses(GuestClient guest) {
        this.guest = guest;
    }

    /// Starts a program that goes on when the attachment is closed; its limit is not used.
    public Attachment start(Command command, String tag) {
        var request =
                StartRequest.newBuilder()
                        .setProcess(config(command))
                        .setTag(tag)
                        .setStdin(command.stdin())
                        .build();
        return started(request, "");
    }

    /// The same in a terminal of its own.
    ///
    /// @param user who it runs as; empty: the default user
    public Attachment startTerminal(Command command, String tag, TerminalSize size, String user) {
        var request =
                StartRequest.newBuilder()
                        .setProcess(config(command))
                        .setTag(tag)
                        .setPty(size.wire())
                        .build();
        return started(request, user);
    }

    /// Follows a process: the output that the guest retains of it, then what comes. One that ended
    /// less than a minute ago is known as well.
    public Attachment attach(ProcessId process) {
        var request = ConnectRequest.newBuilder().setProcess(process.wire()).build();
        var stream = guest.open(ProcessMethods.CONNECT, request, options(""));
        return new Attachment(
                new Attachment.Source<>(stream, ConnectResponse::getEvent), guest::gone);
    }

    /// What has not ended.
    public ListOutcome list() {
        var reason = guest.gone();
        if (reason != null) return new ListOutcome.Unreachable(reason);
        try {
            var found =
                    guest.ask(
                            ProcessMethods.LIST,
                            GuestClient.CALL_LIMIT,
                            ListRequest.getDefaultInstance());
            return new ListOutcome.Found(
                    found.getProcessesList().stream().map(GuestProcesses::process).toList());
        } catch (ConnectException e) {
            return new ListOutcome.Unreachable(GuestEvents.words(e));
        }
    }

    /// Types into a terminal; waits while its program does not read.
    public ProcessOutcome type(String tag, ByteString data) {
        return guest.call(
                ProcessMethods.SEND_INPUT,
                GuestClient.INPUT_LIMIT,
                SendInputRequest.newBuilder()
                        .setProcess(new ProcessId.Tag(tag).wire())
                        .setInput(ProcessInput.newBuilder().setPty(data))
                        .build());
    }

    /// Gives a terminal another size.
    public ProcessOutcome resize(String tag, TerminalSize size) {
        return guest.call(
                ProcessMethods.UPDATE,
                GuestClient.CALL_LIMIT,
                UpdateRequest.newBuilder()
                        .setProcess(new ProcessId.Tag(tag).wire())
                        .setPty(size.wire())
                        .build());
    }

    private Attachment started(StartRequest request, String user) {
        var stream = guest.open(ProcessMethods.START, request, options(user));
        return new Attachment(
                new Attachment.Source<>(stream, StartResponse::getEvent), guest::gone);
    }

    /// The guest reads the user from basic credentials; there is no password.
    private static CallOptions options(String user) {
        var headers = new HashMap<>(GuestClient.KEEP_ALIVE);
        if (!user.isEmpty()) {
            var credentials = (user + ":").getBytes(StandardCharsets.UTF_8);
            headers.put(
                    "Authorization", "Basic " + Base64.getEncoder().encodeToString(credentials));
        }
        return new CallOptions(Duration.ZERO, headers).withIdle(GuestClient.SILENCE_LIMIT);
    }

    static ProcessConfig config(Command command) {
        var config =
                ProcessConfig.newBuilder()
                        .setCmd(command.program())
                        .addAllArgs(command.args())
                        .putAllEnvs(command.env());
        if (command.cwd() != null) config.setCwd(command.cwd());
        return config.build();
    }

    private static GuestProcess process(ProcessInfo info) {
        var tag = UNNAMED.matcher(info.getTag()).matches() ? "" : info.getTag();
        var config = info.getConfig();
        return new GuestProcess(info.getPid(), tag, config.getCmd(), config.getArgsList());
    }
}
