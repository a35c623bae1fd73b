package dev.wrenn.host.agent;

import com.google.protobuf.ByteString;
import dev.wrenn.contracts.hostagent.v1.ExecStreamResponse;

/// Events of an exec stream as messages.
final class Messages {
    static final ExecStreamResponse KEEP_ALIVE =
            ExecStreamResponse.newBuilder()
                    .setKeepalive(ExecStreamResponse.KeepAlive.getDefaultInstance())
                    .build();

    private Messages() {}

    static ExecStreamResponse started(int pid) {
        return ExecStreamResponse.newBuilder()
                .setStart(ExecStreamResponse.Start.newBuilder().setPid(pid))
                .build();
    }

    static ExecStreamResponse stdout(ByteString bytes) {
        return ExecStreamResponse.newBuilder()
                .setData(ExecStreamResponse.Data.newBuilder().setStdout(bytes))
                .build();
    }

    static ExecStreamResponse stderr(ByteString bytes) {
        return ExecStreamResponse.newBuilder()
                .setData(ExecStreamResponse.Data.newBuilder().setStderr(bytes))
                .build();
    }

    static ExecStreamResponse ended(int exitCode, String error) {
        return ExecStreamResponse.newBuilder()
                .setEnd(ExecStreamResponse.End.newBuilder().setExitCode(exitCode).setError(error))
                .build();
    }
}
