package dev.wrenn.control.hostlink;

import com.google.protobuf.ByteString;
import dev.wrenn.common.connect.CallContext;
import dev.wrenn.common.connect.Code;
import dev.wrenn.common.connect.ConnectException;
import dev.wrenn.common.connect.ResponseStream;
import dev.wrenn.contracts.hostagent.v1.*;
import java.util.HexFormat;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/// The programs that a fake guest knows: `true`, `false`, `exit N`, `echo …`, `env`, `pwd`, `bytes
/// HEX…` (each argument one chunk of standard output), `flood N` (N bytes), `sleep SECONDS`, `cat`,
/// `broken` (the guest agent is dead). Everything else does not exist: 127.
final class FakePrograms {
    private static final byte[] END_OF_INPUT = {};

    private final AtomicInteger pids = new AtomicInteger(100);
    private final Map<Integer, Process> processes = new ConcurrentHashMap<>();

    private record Process(
            LinkedBlockingQueue<byte[]> input, LinkedBlockingQueue<Integer> signals) {}

    int running() {
        return processes.size();
    }

    ExecResponse exec(Sandbox in, ExecRequest q) throws InterruptedException {
        var answer = ExecResponse.newBuilder();
        switch (q.getCmd()) {
            case "true" -> {}
            case "false" -> answer.setExitCode(1);
            case "exit" -> answer.setExitCode(Integer.parseInt(q.getArgs(0)));
            case "echo" -> answer.setStdout(text(String.join(" ", q.getArgsList()) + "\n"));
            case "env" -> answer.setStdout(text(new TreeMap<>(q.getEnvsMap()) + "\n"));
            case "pwd" -> answer.setStdout(text(q.getCwd() + "\n"));
            case "bytes" -> answer.setStdout(bytes(q.getArgs(0)));
            case "flood" ->
                    answer.setStdout(ByteString.copyFrom(new byte[Integer.parseInt(q.getArgs(0))]))
                            .setTruncated(true);
            case "sleep" -> {
                long wanted = (long) (Double.parseDouble(q.getArgs(0)) * 1000);
                boolean late = q.getTimeoutMs() > 0 && q.getTimeoutMs() < wanted;
                new LinkedBlockingQueue<>()
                        .poll(late ? q.getTimeoutMs() : wanted, TimeUnit.MILLISECONDS);
                if (late) throw new ConnectException(Code.DEADLINE_EXCEEDED, "time limit");
            }
            case "broken" -> throw new ConnectException(Code.UNAVAILABLE, "guest not answering");
            default -> answer.setExitCode(127).setStderr(text(q.getCmd() + ": not found\n"));
        }
        return answer.build();
    }

    void stream(CallContext context, ExecStreamRequest q, ResponseStream<ExecStreamResponse> out)
            throws InterruptedException {
        int pid = pids.incrementAndGet();
        var process = new Process(new LinkedBlockingQueue<>(), new LinkedBlockingQueue<>());
        processes.put(pid, process);
        try {
            out.send(
                    ExecStreamResponse.newBuilder()
                            .setStart(ExecStreamResponse.Start.newBuilder().setPid(pid))
                            .build());
            int code =
                    switch (q.getCmd()) {
                        case "true" -> 0;
                        case "exit" -> Integer.parseInt(q.getArgs(0));
                        case "echo" -> {
                            stdout(out, text(String.join(" ", q.getArgsList()) + "\n"));
                            yield 0;
                        }
                        case "bytes" -> {
                            for (var chunk : q.getArgsList()) stdout(out, bytes(chunk));
                            yield 0;
                        }
                        case "flood" -> flood(out, Long.parseLong(q.getArgs(0)));
                        case "sleep" -> sleep(context, process, q, out);
                        case "cat" -> cat(out, process);
                        case "broken" ->
                                throw new ConnectException(Code.UNAVAILABLE, "guest not answering");
                        default -> 127;
                    };
            out.send(
                    ExecStreamResponse.newBuilder()
                            .setEnd(ExecStreamResponse.End.newBuilder().setExitCode(code))
                            .build());
        } finally {
            processes.remove(pid);
        }
    }

    private static int flood(ResponseStream<ExecStreamResponse> out, long bytes) {
        var chunk = text("x".repeat(32 << 10));
        for (long left = bytes; left > 0; left -= chunk.size())
            stdout(out, chunk.substring(0, (int) Math.min(left, chunk.size())));
        return 0;
    }

    private static int sleep(
            CallContext context,
            Process process,
            ExecStreamRequest q,
            ResponseStream<ExecStreamResponse> out)
            throws InterruptedException {
        long end = System.nanoTime() + (long) (Double.parseDouble(q.getArgs(0)) * 1e9);
        boolean stubborn = q.getArgsCount() > 1;
        while (!context.canceled() && System.nanoTime() < end) {
            var signal = process.signals.poll(100, TimeUnit.MILLISECONDS);
            if (signal == null) { // as a real agent: a vanished reader is found by writing
                out.send(
                        ExecStreamResponse.newBuilder()
                                .setKeepalive(ExecStreamResponse.KeepAlive.getDefaultInstance())
                                .build());
                continue;
            }
            if (signal == 9 || !stubborn) return 128 + signal;
        }
        return 0;
    }

    private static int cat(ResponseStream<ExecStreamResponse> out, Process process)
            throws InterruptedException {
        for (var data = process.input.take(); data != END_OF_INPUT; data = process.input.take())
            stdout(out, ByteString.copyFrom(data));
        return 0;
    }

    SendInputResponse input(SendInputRequest q) {
        find(q.getPid()).input.add(q.getData().toByteArray());
        return SendInputResponse.getDefaultInstance();
    }

    CloseInputResponse closeInput(CloseInputRequest q) {
        find(q.getPid()).input.add(END_OF_INPUT);
        return CloseInputResponse.getDefaultInstance();
    }

    KillProcessResponse kill(KillProcessRequest q) {
        find(q.getPid()).signals.add(q.getSignalValue());
        return KillProcessResponse.getDefaultInstance();
    }

    private Process find(int pid) {
        var process = processes.get(pid);
        if (process == null) throw new ConnectException(Code.NOT_FOUND, "no such process");
        return process;
    }

    private static void stdout(ResponseStream<ExecStreamResponse> out, ByteString data) {
        out.send(
                ExecStreamResponse.newBuilder()
                        .setData(ExecStreamResponse.Data.newBuilder().setStdout(data))
                        .build());
    }

    private static ByteString bytes(String hex) {
        return ByteString.copyFrom(HexFormat.of().parseHex(hex));
    }

    private static ByteString text(String text) {
        return ByteString.copyFromUtf8(text);
    }
}
