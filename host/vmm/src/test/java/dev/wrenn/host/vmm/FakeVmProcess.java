package dev.wrenn.host.vmm;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.function.Consumer;

/// One VM of [FakeVmm]. Thread-safe.
public final class FakeVmProcess implements VmProcess {
    private final String id;
    private final VmRecord record;
    private final List<String> calls;
    private final Map<Integer, FakeVmProcess> alive;
    private final CompletableFuture<Exit> exit = new CompletableFuture<>();

    FakeVmProcess(
            String id, VmRecord record, List<String> calls, Map<Integer, FakeVmProcess> alive) {
        this.id = id;
        this.record = record;
        this.calls = calls;
        this.alive = alive;
    }

    /// Ends the VM; only the first end counts.
    public void end(Exit how) {
        alive.remove(record.pid());
        exit.complete(how);
    }

    @Override
    public VmRecord record() {
        return record;
    }

    @Override
    public boolean isAlive() {
        return !exit.isDone();
    }

    @Override
    public Optional<Usage> usage() {
        return isAlive()
                ? Optional.of(new Usage(Duration.ofMillis(10), 1 << 20))
                : Optional.empty();
    }

    @Override
    public void pause() {
        calls.add("pause " + id);
    }

    @Override
    public void resume() {
        calls.add("resume " + id);
    }

    @Override
    public Exit awaitExit() throws InterruptedException {
        try {
            return exit.get();
        } catch (ExecutionException e) {
            throw new AssertionError(e); // never completed with a failure
        }
    }

    @Override
    public void onExit(Consumer<Exit> listener) {
        exit.thenAccept(how -> Thread.ofVirtual().start(() -> listener.accept(how)));
    }

    @Override
    public void kill() {
        calls.add("kill " + id);
        end(new Exit(Exit.Kind.ASKED, "killed"));
    }

    @Override
    public String consoleTail() {
        return "";
    }

    @Override
    public String stderrTail() {
        return "";
    }

    @Override
    public void detach() {}
}
