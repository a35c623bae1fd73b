package dev.wrenn.cli.instance;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The parts of one instance in the order in which they need each other: started first to last,
/// each kept alive, stopped last to first. Every change is written to `run/state.json`.
final class Supervisor implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Supervisor.class);

    private final Path run;
    private final String apiUrl;
    private final int agentPort;
    private final ProcessId self = ProcessId.of(ProcessHandle.current().pid()).orElseThrow();
    private final Object lock = new Object();

    @GuardedBy("lock")
    private final List<Keeper> keepers = new ArrayList<>();

    @GuardedBy("lock")
    private boolean ready;

    @GuardedBy("lock")
    private boolean closed;

    /// Only around writing the state, so that an older one never replaces a newer one. Taken before
    /// `lock`.
    private final Object writing = new Object();

    Supervisor(Path run, String apiUrl, int agentPort) {
        this.run = run;
        this.apiUrl = apiUrl;
        this.agentPort = agentPort;
    }

    /// Starts a part.
    ///
    /// @param needs names of parts that must be healthy when it is started again; those that were
    ///   never started here are somebody else's and count as healthy
    /// @throws InstanceException when it does not become healthy
    void start(Part part, String... needs) {
        Keeper keeper;
        synchronized (lock) {
            if (closed) throw new InstanceException("stopped while starting");
            var before =
                    keepers.stream()
                            .filter(k -> List.of(needs).contains(k.status().name()))
                            .toList();
            keeper = new Keeper(part, before, run.resolve(part.name() + ".pid"), this::publish);
            keepers.add(keeper);
        }
        keeper.start();
    }

    void ready() {
        synchronized (lock) {
            ready = true;
        }
        publish();
    }

    int agentPort() {
        return agentPort;
    }

    /// Empty when no such part was started.
    Optional<Keeper> find(String name) {
        return parts().stream().filter(k -> k.status().name().equals(name)).findFirst();
    }

    private List<Keeper> parts() {
        synchronized (lock) {
            return List.copyOf(keepers);
        }
    }

    /// Writes the state; on a full disk the last one stays and the log says so.
    void publish() {
        synchronized (writing) {
            boolean now;
            synchronized (lock) {
                now = ready;
            }
            var parts = parts().stream().map(Keeper::status).toList();
            try {
                new InstanceState(self, now, apiUrl, agentPort, parts).write(run);
            } catch (IOException e) {
                LOG.atWarn().setCause(e).log("state not written");
            }
        }
    }

    /// Ends every part, the last one first.
    @Override
    public void close() {
        synchronized (lock) {
            closed = true;
            ready = false;
        }
        var parts = parts();
        parts.forEach(Keeper::release); // first of all: nobody starts anything again
        for (var keeper : parts.reversed()) keeper.stop();
    }
}
