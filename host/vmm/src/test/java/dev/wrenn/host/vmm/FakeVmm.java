package dev.wrenn.host.vmm;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/// A VMM without machines, for tests of the rooms above. Its VMs live until killed or until a test
/// ends them; a second instance made by [#restarted()] can adopt them. Thread-safe.
public final class FakeVmm implements Vmm {
    private static final int FIRST_PID = 100_000_000; // above the kernel's largest pid

    private final List<String> calls;
    private final Map<Integer, FakeVmProcess> alive;
    private final AtomicInteger nextPid;
    private final AtomicReference<@Nullable String> saveFailure;
    private final AtomicReference<@Nullable String> startFailure;
    private volatile Runnable onBoot = () -> {};

    public FakeVmm() {
        this(
                Collections.synchronizedList(new ArrayList<>()),
                new ConcurrentHashMap<>(),
                new AtomicInteger(FIRST_PID),
                new AtomicReference<>(),
                new AtomicReference<>());
    }

    private FakeVmm(
            List<String> calls,
            Map<Integer, FakeVmProcess> alive,
            AtomicInteger nextPid,
            AtomicReference<@Nullable String> startFailure,
            AtomicReference<@Nullable String> saveFailure) {
        this.calls = calls;
        this.alive = alive;
        this.nextPid = nextPid;
        this.startFailure = startFailure;
        this.saveFailure = saveFailure;
    }

    /// Every boot and restore fails with this message from now on; null lets them succeed again.
    public FakeVmm failingStart(@Nullable String message) {
        startFailure.set(message);
        return this;
    }

    /// Every save of a VM's state fails with this message from now on; null lets them succeed
    /// again.
    public FakeVmm failingSave(@Nullable String message) {
        saveFailure.set(message);
        return this;
    }

    /// Runs within each boot and restore, before the VM exists: a test can block or fail there.
    public FakeVmm duringBoot(Runnable action) {
        onBoot = action;
        return this;
    }

    /// What a new agent on the same machine would see: the same VMs, no listeners.
    public FakeVmm restarted() {
        return new FakeVmm(calls, alive, nextPid, startFailure, saveFailure);
    }

    /// `boot ID`, `restore ID`, `adopt PID`, `pause ID`, `save ID`, `resume ID`, `assign ID`, `file
    /// ID`, `kill ID`, in order.
    public List<String> calls() {
        synchronized (calls) {
            return List.copyOf(calls);
        }
    }

    /// VMs that run now.
    public List<FakeVmProcess> running() {
        return List.copyOf(alive.values());
    }

    /// Ends the VM with this pid as if from outside.
    public void die(int pid, String cause) {
        var vm = alive.get(pid);
        if (vm == null) throw new IllegalArgumentException("no VM with pid " + pid);
        vm.end(new Exit(Exit.Kind.FAILED, cause));
    }

    @Override
    public String name() {
        return "fake";
    }

    @Override
    public String version() {
        return "1";
    }

    @Override
    public Accel accel() {
        return new Accel(Accel.Kind.TCG, "a fake for tests");
    }

    @Override
    public boolean takesServedDisks() {
        return true;
    }

    @Override
    public VmProcess boot(VmSpec spec) {
        calls.add("boot " + spec.id());
        return start(spec, false);
    }

    @Override
    public VmProcess restore(VmSpec spec, Path deviceState) {
        calls.add("restore " + spec.id());
        if (spec.source() instanceof MemorySource.Fresh)
            throw new IllegalArgumentException("a restore without memory");
        if (!Files.isRegularFile(deviceState)) throw new VmmException("no file " + deviceState);
        return start(spec, true);
    }

    private VmProcess start(VmSpec spec, boolean paused) {
        onBoot.run();
        var failure = startFailure.get();
        if (failure != null) throw new VmmException(failure);
        int pid = nextPid.getAndIncrement();
        var record = new VmRecord(pid, pid, spec.uid(), spec.workDir().toString());
        var ram = new GuestRam(1L << 40, spec.memory().bytes(), true);
        var id = spec.id().toString();
        var vm = new FakeVmProcess(id, record, ram, paused, saveFailure::get, calls, alive);
        alive.put(pid, vm);
        return vm;
    }

    @Override
    public VmProcess adopt(VmRecord record) {
        calls.add("adopt " + record.pid());
        var vm = alive.get(record.pid());
        if (vm == null || !vm.record().equals(record))
            throw new VmmException("process " + record.pid() + " is gone");
        return vm;
    }
}
