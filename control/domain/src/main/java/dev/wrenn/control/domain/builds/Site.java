package dev.wrenn.control.domain.builds;

import dev.wrenn.common.model.CapsuleId;
import dev.wrenn.common.model.HostId;
import dev.wrenn.common.model.TeamId;
import dev.wrenn.common.model.TemplateId;
import dev.wrenn.control.domain.hosts.Command;
import dev.wrenn.control.domain.hosts.ExecEvent;
import dev.wrenn.control.domain.hosts.FileContent;
import dev.wrenn.control.domain.hosts.HostAnswer;
import dev.wrenn.control.domain.hosts.HostClient;
import dev.wrenn.control.domain.hosts.HostFault;
import dev.wrenn.control.domain.hosts.HostSnapshot;
import dev.wrenn.control.domain.hosts.TransferException;
import java.io.IOException;
import java.io.InputStream;
import java.time.Duration;
import java.util.function.Consumer;

/// The capsule in which a build runs.
record Site(CapsuleId capsule, HostId host, HostClient client) {
    static final String FILES = "/tmp/build-files";

    private static final Duration SAVE = Duration.ofMinutes(5);
    private static final Duration FLATTEN = Duration.ofMinutes(5);
    private static final int CHUNK = 256 << 10;

    /// How a step ended.
    ///
    /// @param exit -1 when it ended without one
    /// @param trouble empty, or why it ended without one
    record Result(int exit, String trouble) {
        boolean ok() {
            return exit == 0;
        }
    }

    /// What a program says while it runs.
    record Talk(Output stdout, Output stderr, Consumer<Talk> heard) {}

    /// Runs a program to its end.
    Result run(Command command, Talk talk) {
        try (var session = client.stream(capsule, command)) {
            while (true) {
                switch (session.next()) {
                    case ExecEvent.Started _ -> {}
                    case ExecEvent.Stdout(var data) -> talk.stdout().add(data);
                    case ExecEvent.Stderr(var data) -> talk.stderr().add(data);
                    case ExecEvent.Exited(var code) -> {
                        return new Result(code, "");
                    }
                    case ExecEvent.Broken(var fault, var detail) -> {
                        return new Result(-1, trouble(command, fault, detail));
                    }
                }
                talk.heard().accept(talk);
            }
        }
    }

    /// The same with standard input.
    Result run(Command command, Talk talk, InputStream input) {
        try (var session = client.stream(capsule, command)) {
            Feeder feeder = null;
            while (true) {
                switch (session.next()) {
                    case ExecEvent.Started(var pid) -> feeder = Feeder.start(session, pid, input);
                    case ExecEvent.Stdout(var data) -> talk.stdout().add(data);
                    case ExecEvent.Stderr(var data) -> talk.stderr().add(data);
                    case ExecEvent.Exited(var code) -> {
                        var trouble = feeder == null ? "" : feeder.end();
                        return new Result(trouble.isEmpty() ? code : -1, trouble);
                    }
                    case ExecEvent.Broken(var fault, var detail) -> {
                        return new Result(-1, trouble(command, fault, detail));
                    }
                }
                talk.heard().accept(talk);
            }
        }
    }

    private static String trouble(Command command, HostFault fault, String detail) {
        return fault == HostFault.TIMEOUT
                ? "not done within " + command.limit().toMillis() / 1000.0 + " s"
                : detail;
    }

    /// Starts a program that runs on by itself.
    Result start(Command command, String tag) {
        return switch (client.startBackground(capsule, command, tag)) {
            case HostAnswer.Done<?> _ -> new Result(0, "");
            case HostAnswer.Refused<?>(_, var detail) -> new Result(-1, detail);
        };
    }

    /// Unpacks a tar archive where the steps look for it.
    void unpack(InputStream tar) throws IOException {
        try (var sink = client.files().write(capsule, FILES, FileContent.ARCHIVE)) {
            // Two by turns: one must stay as it is while the next is filled.
            var chunks = new byte[][] {new byte[CHUNK], new byte[CHUNK]};
            int turn = 0;
            for (int n = tar.read(chunks[turn]); n >= 0; n = tar.read(chunks[turn])) {
                sink.write(chunks[turn], 0, n);
                turn = 1 - turn;
            }
            sink.finish();
        } catch (TransferException e) {
            throw new BuildFailed("the archive could not be unpacked: " + e.getMessage());
        }
    }

    /// Makes the disk as it is a template.
    HostAnswer<Long> flatten(TeamId team, TemplateId template) {
        return client.flatten(capsule, team, template, FLATTEN);
    }

    /// Makes the living capsule a template.
    HostAnswer<HostSnapshot> snapshot(TeamId team, TemplateId template) {
        return client.createSnapshot(capsule, team, template, SAVE);
    }
}
