package dev.wrenn.cli.instance;

import dev.wrenn.cli.CommandFailure;
import dev.wrenn.cli.DataDir;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/// `wrenn down`: everything that `up` started is gone afterwards, the capsules included. The data
/// stays. A second `down` does nothing.
@Command(
        name = "down",
        description =
                "Stop everything that `up` started, the capsules included. Templates, accounts and"
                        + " history stay in the data directory.",
        mixinStandardHelpOptions = true)
public final class DownCommand implements Callable<Integer> {
    /// More than the parts may take together, see their stop limits.
    private static final Duration LIMIT = Duration.ofSeconds(150);

    @Option(
            names = "--data-dir",
            paramLabel = "DIR",
            description = "The instance (default: .wrenn beside the launcher).")
    private @Nullable Path dataDir;

    @Override
    public Integer call() throws Exception {
        var data = DataDir.of(dataDir, System.getenv());
        var progress = new Progress(System.err);
        if (!Files.isDirectory(data.run())) {
            progress.say("nothing is up in " + data.root());
            return 0;
        }
        var running = InstanceState.ofLiving(data.run());
        if (running.isPresent()) {
            var supervisor = running.get().supervisor();
            progress.run(
                    "stopping capsules and services",
                    () -> {
                        ProcessHandle.of(supervisor.pid()).ifPresent(ProcessHandle::destroy);
                        if (!supervisor.awaitGone(LIMIT) && !supervisor.end(Duration.ZERO))
                            throw new CommandFailure(
                                    "the supervisor cannot be stopped: pid " + supervisor.pid());
                    });
        }
        try (var lock = InstanceLock.tryTake(data.run().resolve("lock")).orElse(null)) {
            if (lock == null)
                throw new CommandFailure("another up or down works on " + data.root());
            new Leftovers(data, progress).removeAll();
        }
        progress.say("down");
        return 0;
    }
}
