package dev.wrenn.host.vmm;

import dev.wrenn.common.model.CapsuleId;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/// One VM of [FakeVmm]. Thread-safe.
public final class FakeVmProcess implements VmProcess {
    private volatile String id;
    private volatile VmRecord record;
    private final GuestRam ram;
    private final Supplier<@Nullable String> saveFailure;
    private final List<String> calls;
    private final Map<Integer, FakeVmProcess> alive;
    private final CompletableFuture<Exit> exit = new CompletableFuture<>();
    private final AtomicLong cpuMs = new AtomicLong(10);
    private final List<Boolean> courtesies = new CopyOnWriteArrayList<>();
    private volatile boolean paused;

    FakeVmProcess(
            String id,
            VmRecord record,
            GuestRam ram,
            boolean paused,
            Supplier<@Nullable String> saveFailure,
            List<String> calls,
            Map<Integer, FakeVmProcess> alive) {
        this.id = id;
        this.record = record;
        this.ram = ram;
        this.paused = paused;
        this.saveFailure = saveFailure;
        this.calls = calls;
        this.alive = alive;
    }

    /// Ends the VM; only the first end counts.
    public void end(Exit how) {
        alive.remove(record.pid());
        exit.complete(how);
    }

    /// It has used so much more processor time.
    public void spend(Duration cpu) {
        cpuMs.addAndGet(cpu.toMillis());
    }

    @Override
    public VmRecord record() {
        return record;
    }

    @Override
    public void assign(CapsuleId newId, Path workDir) {
        calls.add("assign " + id);
        var before = record;
        id = newId.toString();
        record = new VmRecord(before.pid(), before.startTime(), before.uid(), workDir.toString());
    }

    @Override
    public void useFile(Path disk) {
        calls.add("file " + id);
    }

    @Override
    public boolean isAlive() {
        return !exit.isDone();
    }

    @Override
    public Optional<Usage> usage() {
        return isAlive()
                ? Optional.of(new Usage(Duration.ofMillis(cpuMs.get()), 1 << 20))
                : Optional.empty();
    }

    @Override
    public void yields(boolean now, int vcpus) {
        courtesies.add(now);
    }

    /// What it was told of yielding, in order.
    public List<Boolean> courtesies() {
        return List.copyOf(courtesies);
    }

    @Override
    public void pause() {
        calls.add("pause " + id);
        paused = true;
    }

    @Override
    public void resume() {
        calls.add("resume " + id);
        paused = false;
    }

    /// True after a pause or a restore, until resumed.
    public boolean paused() {
        return paused;
    }

    @Override
    public Optional<GuestRam> ram() {
        return isAlive() ? Optional.of(ram) : Optional.empty();
    }

    @Override
    public void saveDeviceState(Path file) {
        calls.add("save " + id);
        var failure = saveFailure.get();
        if (failure != null) throw new VmmException(failure);
        if (!paused) throw new IllegalStateException("the VM " + id + " runs (expected: paused)");
        try {
            Files.writeString(file, "state of " + id);
        } catch (IOException e) {
            throw new VmmException("state of " + id, e);
        }
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
