package dev.wrenn.cli.instance;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.wrenn.cli.CommandFailure;
import dev.wrenn.cli.DataDir;
import java.io.PrintStream;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.StandardOpenOption;
import java.time.Duration;

/// The supervisor process: brings an instance up and keeps it until a signal ends it.
final class Supervision {
    private static final Duration ROTATE = Duration.ofMinutes(1);

    private final DataDir data;
    private final InetSocketAddress api;

    Supervision(DataDir data, InetSocketAddress api) {
        this.data = data;
        this.api = api;
    }

    /// Returns only when it did not come up.
    ///
    /// @throws CommandFailure with the reason; what was started is stopped again
    int run() throws Exception {
        var progress = new Progress(System.err);
        Directories.create(data);
        // From here on standard error is the log; the progress above keeps the old one.
        System.setErr(
                new PrintStream(
                        Files.newOutputStream(
                                data.log("supervisor"),
                                StandardOpenOption.CREATE,
                                StandardOpenOption.APPEND),
                        true,
                        UTF_8));
        var instance = new Instance(data, api, progress, System.getenv());
        Runtime.getRuntime().addShutdownHook(new Thread(instance::close, "stop"));
        try {
            instance.start();
        } catch (InstanceException
                | dev.wrenn.cli.pki.PkiException
                | dev.wrenn.common.datastores.DatastoreException e) {
            progress.say(String.valueOf(e.getMessage()));
            return CommandFailure.FAILED; // the hook undoes what was started
        } catch (CommandFailure e) {
            progress.say(String.valueOf(e.getMessage()));
            return e.exitCode();
        }
        while (true) {
            Thread.sleep(ROTATE); // until a signal
            LogFiles.rotate(data.log(), LogFiles.LIMIT_BYTES);
        }
    }
}
