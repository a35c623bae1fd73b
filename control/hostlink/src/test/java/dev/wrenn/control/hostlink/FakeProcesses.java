package dev.wrenn.control.hostlink;

import com.google.protobuf.ByteString;
import dev.wrenn.common.connect.Code;
import dev.wrenn.common.connect.ConnectException;
import dev.wrenn.common.connect.ResponseStream;
import dev.wrenn.contracts.hostagent.v1.*;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Predicate;

/// Processes of a fake guest that belong to nobody. In the background `echo …`, `exit N` and
/// `sleep`; in a terminal anything echoes what is typed and tells its new sizes, `exit N` ends,
/// `who` tells its user, directory and variables, and `deaf` does not read. `nope` does not exist.
public final class FakeProcesses {
    private final AtomicInteger pids = new AtomicInteger(5000);
    private final Map<Integer, Process> all = new ConcurrentHashMap<>();

    private static final class Process {
        final int pid;
        final String capsule;
        final String tag;
        final String cmd;
        final List<String> args;
        private final List<ByteString> log = new ArrayList<>(); // guarded by this, as the next two
        private int exitCode = -1;
        private int followers;

        Process(int pid, String capsule, String tag, String cmd, List<String> args) {
            this.pid = pid;
            this.capsule = capsule;
            this.tag = tag;
            this.cmd = cmd;
            this.args = args;
        }

        synchronized void print(ByteString text) {
            log.add(text);
            notifyAll();
        }

        synchronized void end(int code) {
            if (exitCode < 0) exitCode = code;
            notifyAll();
        }

        synchronized boolean ended() {
            return exitCode >= 0;
        }

        synchronized void awaitEnd() throws InterruptedException {
            while (exitCode < 0) wait();
        }

        /// Waits some time for the piece at this position.
        synchronized ByteString piece(int position) throws InterruptedException {
            if (log.size() <= position && exitCode < 0) wait(500);
            return log.size() > position ? log.get(position) : null;
        }
    }

    /// How many streams follow processes now.
    public int followers() {
        int count = 0;
        for (var process : all.values()) {
            synchronized (process) {
                count += process.followers;
            }
        }
        return count;
    }

    StartBackgroundResponse start(StartBackgroundRequest q) {
        var tag = q.getTag().isEmpty() ? "proc-" + String.format("%08x", pids.get()) : q.getTag();
        var process = create(q.getSandboxId(), tag, q.getCmd(), q.getArgsList());
        switch (q.getCmd()) {
            case "echo" -> {
                process.print(text(String.join(" ", q.getArgsList()) + "\n"));
                process.end(0);
            }
            case "exit" -> process.end(Integer.parseInt(q.getArgs(0)));
            default -> process.print(text("begun\n"));
        }
        return StartBackgroundResponse.newBuilder().setPid(process.pid).setTag(tag).build();
    }

    private synchronized Process create(String capsule, String tag, String cmd, List<String> args) {
        if (cmd.equals("nope"))
            throw new ConnectException(Code.INVALID_ARGUMENT, "program \"nope\" not found");
        for (var other : all.values())
            if (other.capsule.equals(capsule) && other.tag.equals(tag) && !other.ended())
                throw new ConnectException(Code.ALREADY_EXISTS, "tag belongs to a process");
        var process = new Process(pids.incrementAndGet(), capsule, tag, cmd, args);
        all.put(process.pid, process);
        return process;
    }

    ListProcessesResponse list(ListProcessesRequest q) {
        var answer = ListProcessesResponse.newBuilder();
        for (var process : all.values())
            if (process.capsule.equals(q.getSandboxId()) && !process.ended())
                answer.addProcesses(
                        ListProcessesResponse.Process.newBuilder()
                                .setPid(process.pid)
                                .setTag(process.tag)
                                .setCmd(process.cmd)
                                .addAllArgs(process.args));
        return answer.build();
    }

    void connect(ConnectProcessRequest q, ResponseStream<ExecStreamResponse> out)
            throws InterruptedException {
        var process =
                find(
                        q.getSandboxId(),
                        p -> q.hasPid() ? p.pid == q.getPid() : p.tag.equals(q.getTag()));
        out.send(
                ExecStreamResponse.newBuilder()
                        .setStart(ExecStreamResponse.Start.newBuilder().setPid(process.pid))
                        .build());
        follow(
                process,
                data ->
                        out.send(
                                data.isEmpty()
                                        ? ExecStreamResponse.newBuilder()
                                                .setKeepalive(
                                                        ExecStreamResponse.KeepAlive
                                                                .getDefaultInstance())
                                                .build()
                                        : ExecStreamResponse.newBuilder()
                                                .setData(
                                                        ExecStreamResponse.Data.newBuilder()
                                                                .setStdout(data))
                                                .build()));
        out.send(
                ExecStreamResponse.newBuilder()
                        .setEnd(ExecStreamResponse.End.newBuilder().setExitCode(process.exitCode))
                        .build());
    }

    private interface Sink {
        void send(ByteString data);
    }

    private static void follow(Process process, Sink out) throws InterruptedException {
        synchronized (process) {
            process.followers++;
        }
        try {
            for (int position = 0; ; ) {
                var piece = process.piece(position);
                if (piece != null) {
                    position++;
                    out.send(piece);
                } else if (process.ended()) {
                    return;
                } else {
                    out.send(ByteString.EMPTY); // a vanished reader is found by writing
                }
            }
        } finally {
            synchronized (process) {
                process.followers--;
            }
        }
    }

    /// @return false when it is not one of these
    boolean kill(KillProcessRequest q) {
        for (var process : all.values()) {
            boolean it = q.hasPid() ? process.pid == q.getPid() : process.tag.equals(q.getTag());
            if (!it || process.ended() || !process.capsule.equals(q.getSandboxId())) continue;
            process.end(128 + q.getSignalValue());
            return true;
        }
        return false;
    }

    private Process find(String capsule, Predicate<Process> wanted) {
        return all.values().stream()
                .filter(p -> p.capsule.equals(capsule) && wanted.test(p))
                .findAny()
                .orElseThrow(() -> new ConnectException(Code.NOT_FOUND, "no such process"));
    }

    void attach(PtyAttachRequest q, ResponseStream<PtyAttachResponse> out)
            throws InterruptedException {
        var process = q.getCmd().isEmpty() ? terminal(q.getSandboxId(), q.getTag()) : open(q);
        out.send(
                PtyAttachResponse.newBuilder()
                        .setStarted(
                                PtyAttachResponse.Started.newBuilder()
                                        .setPid(process.pid)
                                        .setTag(process.tag))
                        .build());
        follow(
                process,
                data ->
                        out.send(
                                data.isEmpty()
                                        ? PtyAttachResponse.newBuilder()
                                                .setKeepalive(
                                                        PtyAttachResponse.KeepAlive
                                                                .getDefaultInstance())
                                                .build()
                                        : PtyAttachResponse.newBuilder().setOutput(data).build()));
        out.send(
                PtyAttachResponse.newBuilder()
                        .setExited(
                                PtyAttachResponse.Exited.newBuilder().setExitCode(process.exitCode))
                        .build());
    }

    private Process open(PtyAttachRequest q) {
        if (q.getUser().equals("nobody-known"))
            throw new ConnectException(Code.INVALID_ARGUMENT, "user is not known");
        var tag = "pty-" + String.format("%08x", pids.get());
        var process = create(q.getSandboxId(), tag, q.getCmd(), q.getArgsList());
        switch (q.getCmd()) {
            case "exit" -> process.end(Integer.parseInt(q.getArgs(0)));
            case "who" ->
                    process.print(
                            text(
                                    q.getUser()
                                            + " "
                                            + q.getCwd()
                                            + " "
                                            + q.getEnvsMap()
                                            + " "
                                            + q.getCols()
                                            + "x"
                                            + q.getRows()));
            default -> process.print(text(q.getCmd() + "$ "));
        }
        return process;
    }

    private Process terminal(String capsule, String tag) {
        return all.values().stream()
                .filter(p -> p.capsule.equals(capsule) && p.tag.equals(tag))
                .findAny()
                .orElseThrow(() -> new ConnectException(Code.NOT_FOUND, "terminal not found"));
    }

    PtySendInputResponse input(PtySendInputRequest q) throws InterruptedException {
        var process = terminal(q.getSandboxId(), q.getTag());
        if (process.cmd.equals("deaf")) process.awaitEnd();
        process.print(q.getData());
        return PtySendInputResponse.getDefaultInstance();
    }

    PtyResizeResponse resize(PtyResizeRequest q) {
        terminal(q.getSandboxId(), q.getTag())
                .print(text("<" + q.getCols() + "x" + q.getRows() + ">"));
        return PtyResizeResponse.getDefaultInstance();
    }

    PtyKillResponse kill(PtyKillRequest q) {
        terminal(q.getSandboxId(), q.getTag()).end(128 + 9);
        return PtyKillResponse.getDefaultInstance();
    }

    private static ByteString text(String text) {
        return ByteString.copyFromUtf8(text);
    }
}
