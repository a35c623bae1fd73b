package dev.wrenn.cli.instance;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.wrenn.cli.CommandFailure;
import dev.wrenn.cli.DataDir;
import java.io.File;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/// The side of `up` that the user sees. The supervisor runs in a session of its own in both forms,
/// so that Ctrl-C reaches this process only, which then asks the supervisor to end; without that
/// the databases would get the same signal and end before those who need them.
final class Background {
    private static final Duration POLL = Duration.ofMillis(50);
    private static final Duration STOP = Duration.ofSeconds(150);

    private final DataDir data;
    private final InetSocketAddress api;
    private final Path log;

    Background(DataDir data, InetSocketAddress api) {
        this.data = data;
        this.api = api;
        this.log = data.log("up");
    }

    /// `up --detach`: returns when it is ready.
    ///
    /// @return 0, or the supervisor's exit code; it has said why
    int start() throws IOException {
        return watch(false);
    }

    /// `up`: returns when it has ended. A signal to this process, also its death, ends it.
    int attend() throws IOException {
        return watch(true);
    }

    private int watch(boolean attend) throws IOException {
        Directories.create(data);
        Files.deleteIfExists(log);
        Files.createFile(log);
        var process =
                new ProcessBuilder(command(attend))
                        .redirectInput(ProcessBuilder.Redirect.from(new File("/dev/null")))
                        .redirectErrorStream(true)
                        .redirectOutput(ProcessBuilder.Redirect.appendTo(log.toFile()))
                        .start();
        try (var lines = new RandomAccessFile(log.toFile(), "r")) {
            var cancel = new Thread(() -> stop(process), "cancel");
            Runtime.getRuntime().addShutdownHook(cancel);
            boolean ready = false;
            while (!process.waitFor(POLL.toMillis(), TimeUnit.MILLISECONDS)) {
                relay(lines);
                if (ready || !isReady(process.pid())) continue;
                ready = true;
                sayWhere(InstanceState.read(data.run()).orElseThrow());
                if (!attend) {
                    Runtime.getRuntime().removeShutdownHook(cancel);
                    return 0;
                }
            }
            relay(lines);
            // Ended by `down` or by itself; when by our own hook, this exit waits for the hook.
            return ready ? 0 : process.exitValue();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new CommandFailure("interrupted", e);
        }
    }

    private List<String> command(boolean attend) {
        var command = new ArrayList<>(List.of("setsid"));
        // This program's main thread starts it and stays until it ends: see Spawner.
        if (attend) command.addAll(List.of("setpriv", "--pdeathsig", "TERM", "--"));
        command.addAll(
                JavaCommand.main(
                        "supervisor",
                        List.of("-Xmx192m", JavaCommand.ONE_COMPILER),
                        List.of(
                                "up",
                                UpCommand.SUPERVISE,
                                "--data-dir",
                                data.root().toString(),
                                "--port",
                                Integer.toString(api.getPort()),
                                "--listen",
                                api.getAddress().getHostAddress())));
        return command;
    }

    private static void stop(Process process) {
        if (!process.isAlive()) return;
        System.err.println("wrenn: stopping");
        process.destroy();
        try {
            if (!process.waitFor(STOP.toMillis(), TimeUnit.MILLISECONDS)) process.destroyForcibly();
        } catch (InterruptedException e) {
            process.destroyForcibly();
        }
    }

    /// A second `up`: the first one's answer, when it has one.
    ///
    /// @throws CommandFailure when the first one ends before it is ready
    void join(InstanceState running) {
        if (!running.ready()) {
            System.err.println("wrenn: another up is starting this instance, waiting for it");
            var supervisor = running.supervisor();
            while (!isReady(supervisor.pid()))
                if (supervisor.awaitGone(POLL))
                    throw new CommandFailure("the other up failed; " + LogFiles.tail(log));
        }
        System.err.println("wrenn: it was up already");
        sayWhere(InstanceState.read(data.run()).orElse(running));
    }

    private void sayWhere(InstanceState state) {
        System.out.println("wrenn: ready at " + state.apiUrl());
        System.out.println("wrenn: credentials are in " + data.credentials());
        SignInLink.make(data, System.getenv())
                .ifPresent(link ->
                        System.out.println(
                                "wrenn: open "
                                        + link
                                        + " (signs you in, once, within ten minutes)"));
    }

    private boolean isReady(long pid) {
        return InstanceState.read(data.run())
                .filter(s -> s.ready() && s.supervisor().pid() == pid)
                .isPresent();
    }

    private static void relay(RandomAccessFile lines) throws IOException {
        var bytes = new byte[(int) Math.min(1 << 16, lines.length() - lines.getFilePointer())];
        lines.readFully(bytes);
        System.err.print(new String(bytes, UTF_8));
        System.err.flush();
    }
}
