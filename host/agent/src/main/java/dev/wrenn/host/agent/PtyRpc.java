package dev.wrenn.host.agent;

import com.google.protobuf.ByteString;
import dev.wrenn.common.connect.CallContext;
import dev.wrenn.common.connect.Code;
import dev.wrenn.common.connect.ConnectException;
import dev.wrenn.common.connect.ResponseStream;
import dev.wrenn.contracts.hostagent.v1.PtyAttachRequest;
import dev.wrenn.contracts.hostagent.v1.PtyAttachResponse;
import dev.wrenn.contracts.hostagent.v1.PtyKillRequest;
import dev.wrenn.contracts.hostagent.v1.PtyKillResponse;
import dev.wrenn.contracts.hostagent.v1.PtyResizeRequest;
import dev.wrenn.contracts.hostagent.v1.PtyResizeResponse;
import dev.wrenn.contracts.hostagent.v1.PtySendInputRequest;
import dev.wrenn.contracts.hostagent.v1.PtySendInputResponse;
import dev.wrenn.host.capsule.Access;
import dev.wrenn.host.capsule.Capsules;
import dev.wrenn.host.guest.AttachEvent;
import dev.wrenn.host.guest.Attachment;
import dev.wrenn.host.guest.KillSignal;
import dev.wrenn.host.guest.ProcessId;
import dev.wrenn.host.guest.TerminalSize;
import java.time.Duration;

/// The calls about terminals. A terminal counts as use of its capsule while data flows, not while
/// it is only open.
final class PtyRpc {
    private static final PtyAttachResponse KEEP_ALIVE =
            PtyAttachResponse.newBuilder()
                    .setKeepalive(PtyAttachResponse.KeepAlive.getDefaultInstance())
                    .build();

    private final Capsules capsules;
    private final Tags tags;

    PtyRpc(Capsules capsules, Tags tags) {
        this.capsules = capsules;
        this.tags = tags;
    }

    void attach(CallContext call, PtyAttachRequest q, ResponseStream<PtyAttachResponse> out) {
        boolean isNew = !q.getCmd().isEmpty();
        if (!isNew && q.getTag().isEmpty()) throw Faults.invalid("tag is empty");
        var tag = q.getTag().isEmpty() ? tags.next("pty") : q.getTag();
        var access = Guests.access(capsules, q.getSandboxId());
        access.close(); // from here on only its touches count
        try (var attachment = isNew ? start(access, q, tag) : attach(access, tag)) {
            relay(access, attachment, tag, isNew, out);
        }
    }

    private static Attachment start(Access.Granted access, PtyAttachRequest q, String tag) {
        var command =
                Guests.command(
                        q.getCmd(),
                        q.getArgsList(),
                        q.getEnvsMap(),
                        q.getCwd(),
                        Duration.ZERO,
                        true);
        var size = new TerminalSize(q.getCols(), q.getRows());
        return access.guest().processes().startTerminal(command, tag, size, q.getUser());
    }

    private static Attachment attach(Access.Granted access, String tag) {
        return access.guest().processes().attach(new ProcessId.Tag(tag));
    }

    private static void relay(
            Access.Granted access,
            Attachment attachment,
            String tag,
            boolean isNew,
            ResponseStream<PtyAttachResponse> out) {
        while (true) {
            switch (attachment.next()) {
                case AttachEvent.Started(var pid) -> out.send(started(pid, tag));
                case AttachEvent.Terminal(var data) -> {
                    access.touch();
                    out.send(output(data));
                }
                case AttachEvent.Idle _ -> out.send(KEEP_ALIVE);
                case AttachEvent.Exited(var code, var error) -> {
                    out.send(exited(code, error));
                    return;
                }
                case AttachEvent.Stdout _, AttachEvent.Stderr _ ->
                        throw new ConnectException(
                                Code.FAILED_PRECONDITION, "the process has no terminal");
                case AttachEvent.NotFound(var reason) -> {
                    if (isNew) throw Faults.invalid(reason);
                    throw new ConnectException(Code.NOT_FOUND, "terminal not found");
                }
                case AttachEvent.Last last -> throw Faults.attach(last);
            }
        }
    }

    PtySendInputResponse input(CallContext call, PtySendInputRequest q) {
        try (var access = Guests.access(capsules, q.getSandboxId())) {
            Faults.check(access.guest().processes().type(q.getTag(), q.getData()));
        }
        return PtySendInputResponse.getDefaultInstance();
    }

    PtyResizeResponse resize(CallContext call, PtyResizeRequest q) {
        if (q.getCols() <= 0 || q.getRows() <= 0)
            throw Faults.invalid("cols and rows: expected more than 0");
        try (var access = Guests.access(capsules, q.getSandboxId())) {
            var size = new TerminalSize(q.getCols(), q.getRows());
            Faults.check(access.guest().processes().resize(q.getTag(), size));
        }
        return PtyResizeResponse.getDefaultInstance();
    }

    PtyKillResponse kill(CallContext call, PtyKillRequest q) {
        try (var access = Guests.access(capsules, q.getSandboxId())) {
            Faults.check(access.guest().kill(new ProcessId.Tag(q.getTag()), KillSignal.KILL));
        }
        return PtyKillResponse.getDefaultInstance();
    }

    private static PtyAttachResponse started(int pid, String tag) {
        return PtyAttachResponse.newBuilder()
                .setStarted(PtyAttachResponse.Started.newBuilder().setPid(pid).setTag(tag))
                .build();
    }

    private static PtyAttachResponse output(ByteString data) {
        return PtyAttachResponse.newBuilder().setOutput(data).build();
    }

    private static PtyAttachResponse exited(int code, String error) {
        return PtyAttachResponse.newBuilder()
                .setExited(PtyAttachResponse.Exited.newBuilder().setExitCode(code).setError(error))
                .build();
    }
}
