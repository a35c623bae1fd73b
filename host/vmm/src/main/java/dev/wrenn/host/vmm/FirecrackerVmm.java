package dev.wrenn.host.vmm;

import dev.wrenn.common.runtime.Teardown;
import dev.wrenn.host.linux.Command;
import dev.wrenn.host.linux.ErrnoException;
import dev.wrenn.host.linux.Fd;
import dev.wrenn.host.linux.Posix;
import dev.wrenn.host.linux.ProcStat;
import dev.wrenn.host.linux.Spawn;
import dev.wrenn.host.linux.Tap;
import dev.wrenn.host.linux.TscFrequency;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletionException;
import java.util.regex.Pattern;
import org.eclipse.jetty.client.HttpClient;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Firecracker, which needs KVM. Its processes belong to whoever called [#boot(VmSpec)] or
/// [#restore(VmSpec, Path)] and to no request.
public final class FirecrackerVmm implements Vmm {
    private static final Logger LOG = LoggerFactory.getLogger(FirecrackerVmm.class);

    /// Name of a VM's disk in its working directory.
    static final String DISK_FILE = "disk.ext4";

    /// What Firecracker itself uses beside the guest's memory: 5 MiB by its own specification, and
    /// the pages of the files it writes, which the kernel can take back.
    private static final long OWN_MEMORY = 96L << 20;

    private static final Duration VERSION_LIMIT = Duration.ofSeconds(10);
    private static final Pattern VERSION = Pattern.compile("Firecracker v(\\d+)\\.(\\d+)\\.(\\d+)");

    /// The first with `track_dirty_pages` in a load; network overrides came one before.
    private static final int LEAST_MAJOR = 1;

    private static final int LEAST_MINOR = 13;
    private static final Path NULL = Path.of("/dev/null");
    private static final long PROBE_MIB = 128;

    private final FirecrackerConfig config;
    private final FirecrackerJail jail;
    private final Cgroups cgroups;
    private final HttpClient http;
    private final String version;
    private final long tscKhz;

    private FirecrackerVmm(
            FirecrackerConfig config, FirecrackerJail jail, String version, long tscKhz) {
        this.config = config;
        this.jail = jail;
        this.cgroups = Cgroups.open();
        this.http = FirecrackerApi.client();
        this.version = version;
        this.tscKhz = tscKhz;
    }

    /// Finds Firecracker and boots the kernel with it once.
    ///
    /// @param dataDir the agent's data directory
    /// @param kernel what is booted
    /// @param initramfs what is booted
    /// @throws VmmException in one sentence, when Firecracker or its launcher is missing, is of a
    ///   version that cannot do what is needed, or there is no KVM that runs guests
    public static FirecrackerVmm open(
            FirecrackerConfig config, Path dataDir, Path kernel, Path initramfs) {
        var problem = problem(config);
        if (problem.isPresent()) throw new VmmException(problem.get());
        var jail = FirecrackerJail.of(config);
        close(dataDir);
        var vmm =
                new FirecrackerVmm(
                        config, jail, findVersion(jail.program().toString()), TscFrequency.kHz());
        FirecrackerProbe.boot(vmm, dataDir, kernel, initramfs)
                .ifPresent(reason -> {
                    throw new VmmException("no usable KVM for Firecracker: " + reason);
                });
        LOG.atInfo().addKeyValue("firecracker", vmm.version).log("Firecracker boots guests");
        return vmm;
    }

    /// What keeps Firecracker from being used, as far as can be seen without a boot.
    ///
    /// @return one sentence; empty when nothing does
    public static Optional<String> problem(FirecrackerConfig config) {
        try {
            findVersion(FirecrackerJail.find(config.program()).toString());
            Posix.open(config.kvm(), Posix.O_RDWR).close();
            return Optional.empty();
        } catch (VmmException e) {
            return Optional.of(String.valueOf(e.getMessage()));
        } catch (ErrnoException e) {
            return Optional.of("no usable KVM for Firecracker: " + e.getMessage());
        }
    }

    /// Images become readable for whoever finds them: Firecracker opens them as its VM's user, and
    /// several do at a time. So nobody else finds them.
    private static void close(Path dataDir) {
        try {
            var permissions = Files.getPosixFilePermissions(dataDir);
            if (permissions.retainAll(PosixFilePermissions.fromString("rwx------")))
                Files.setPosixFilePermissions(dataDir, permissions);
        } catch (IOException e) {
            throw new VmmException(dataDir + " cannot be closed to others: " + e.getMessage(), e);
        }
    }

    private static String findVersion(String program) {
        try {
            var result = Command.run(VERSION_LIMIT, "", List.of(program, "--version"));
            var match = VERSION.matcher(result.output());
            if (!match.find())
                throw new VmmException(program + " --version says: " + result.output().strip());
            var found = match.group().substring("Firecracker v".length());
            int major = Integer.parseInt(match.group(1));
            int minor = Integer.parseInt(match.group(2));
            if (major != LEAST_MAJOR || minor < LEAST_MINOR)
                throw new VmmException(
                        "Firecracker "
                                + found
                                + " is of no use (expected: "
                                + LEAST_MAJOR
                                + "."
                                + LEAST_MINOR
                                + " or newer, below 2)");
            return found;
        } catch (IOException e) {
            throw new VmmException("Firecracker is missing: " + program + " cannot be run", e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new VmmException("interrupted", e);
        }
    }

    @Override
    public String name() {
        return "firecracker";
    }

    @Override
    public String version() {
        return version;
    }

    @Override
    public Accel accel() {
        return new Accel(Accel.Kind.KVM, "Firecracker boots the guest kernel under KVM");
    }

    @Override
    public Map<String, String> machine() {
        return Map.of(
                "vmm",
                name() + " " + version,
                "accel",
                accel().kind().word(),
                "machine",
                "firecracker",
                "cpu",
                QemuVmm.hostCpu(),
                "tsc_khz",
                Long.toString(tscKhz));
    }

    @Override
    public VmProcess boot(VmSpec spec) {
        if (!(spec.source() instanceof MemorySource.Fresh))
            throw new IllegalArgumentException("a boot with " + spec.source());
        try (var opened = new Teardown()) {
            var places = kernel(spec.kernel(), spec.initramfs());
            disk(spec, places);
            var tap = tap(spec, opened);
            var vm = start(Seat.of(spec), places, tap, null);
            try {
                FirecrackerSetup.first(vm);
                FirecrackerSetup.machine(vm, spec.vcpus(), spec.memory().mib());
                FirecrackerSetup.bootSource(vm, "quiet " + spec.extraCmdline());
                FirecrackerSetup.devices(vm, spec, tap.name(), config.disk());
                vm.identify(spec.id().toString(), spec.template());
                vm.send(FirecrackerRequest.Action.START);
            } catch (RuntimeException e) {
                throw vm.ended(e);
            }
            vm.has(spec.memory().bytes());
            LOG.atInfo()
                    .addKeyValue("capsule", spec.id())
                    .addKeyValue("pid", vm.record().pid())
                    .log("VM started");
            return vm;
        } catch (ErrnoException | IOException e) {
            throw new VmmException("VM of " + spec.id() + ": " + e.getMessage(), e);
        }
    }

    @Override
    public VmProcess restore(VmSpec spec, Path deviceState) {
        if (spec.source() instanceof MemorySource.Fresh)
            throw new IllegalArgumentException("a restore without memory");
        try (var opened = new Teardown()) {
            var places = new FirecrackerJail.Places();
            disk(spec, places);
            readable(deviceState, FirecrackerFiles.SAVED_STATE, places);
            var backend = backend(spec, places, opened);
            var tap = tap(spec, opened);
            var pager = spec.source() instanceof MemorySource.Pager(var socket) ? socket : null;
            var vm = start(Seat.of(spec), places, tap, pager);
            try {
                FirecrackerSetup.first(vm);
                vm.send(
                        new FirecrackerRequest.SnapshotLoad(
                                FirecrackerFiles.SAVED_STATE.toString(),
                                backend,
                                true,
                                false,
                                List.of(
                                        new FirecrackerRequest.NetworkOverride(
                                                FirecrackerRequest.CARD, tap.name()))),
                        vm.limitFor(spec.memory().bytes()));
                // it is another capsule's now, and metadata is no part of what was saved
                vm.identify(spec.id().toString(), spec.template());
                long memory = vm.ram().map(GuestRam::size).orElse(0L);
                if (memory != spec.memory().bytes())
                    throw new VmmException(
                            "the saved VM has "
                                    + memory
                                    + " bytes of memory (expected: "
                                    + spec.memory().bytes()
                                    + ")");
            } catch (RuntimeException e) {
                throw vm.ended(e);
            }
            LOG.atInfo()
                    .addKeyValue("capsule", spec.id())
                    .addKeyValue("pid", vm.record().pid())
                    .log("VM restored");
            return vm;
        } catch (ErrnoException | IOException e) {
            throw new VmmException("VM of " + spec.id() + ": " + e.getMessage(), e);
        }
    }

    /// Where saved memory comes from, in Firecracker's words.
    private static FirecrackerRequest.MemoryBackend backend(
            VmSpec spec, FirecrackerJail.Places places, Teardown opened) throws IOException {
        return switch (spec.source()) {
            case MemorySource.FileMap(var memory) -> {
                long size = Files.size(memory);
                if (size != spec.memory().bytes())
                    throw new IOException(
                            memory
                                    + ": "
                                    + size
                                    + " bytes (expected: "
                                    + spec.memory().bytes()
                                    + ")");
                readable(memory, FirecrackerFiles.SAVED_MEMORY, places);
                yield new FirecrackerRequest.MemoryBackend(
                        "File", FirecrackerFiles.SAVED_MEMORY.toString());
            }
            case MemorySource.Pager(var session) -> {
                var file = new FirecrackerFiles(spec.workDir()).pager();
                opened.add(PagerRelay.listen(file, spec.uid(), session));
                places.write(file, FirecrackerFiles.PAGER);
                yield new FirecrackerRequest.MemoryBackend(
                        "Uffd", FirecrackerFiles.PAGER.toString());
            }
            case MemorySource.Fresh() -> throw new IllegalArgumentException("no memory");
        };
    }

    /// Boots kernel and initramfs without disk and network, for the probe.
    FirecrackerProcess bare(int uid, Path workDir, Path kernel, Path initramfs) {
        try {
            var seat = new Seat("probe", uid, workDir, 1, PROBE_MIB << 20, 0);
            var vm = start(seat, kernel(kernel, initramfs), null, null);
            try {
                FirecrackerSetup.first(vm);
                FirecrackerSetup.machine(vm, seat.vcpus(), PROBE_MIB);
                FirecrackerSetup.bootSource(vm, "loglevel=7");
                vm.send(FirecrackerRequest.Action.START);
                return vm;
            } catch (RuntimeException e) {
                throw vm.ended(e);
            }
        } catch (ErrnoException | IOException e) {
            throw new VmmException("Firecracker cannot be started: " + e.getMessage(), e);
        }
    }

    /// Whom a process is for.
    ///
    /// @param diskBytes length of its disk
    private record Seat(
            String id, int uid, Path workDir, int vcpus, long memoryBytes, long diskBytes) {
        static Seat of(VmSpec spec) throws IOException {
            return new Seat(
                    spec.id().toString(),
                    spec.uid(),
                    spec.workDir(),
                    spec.vcpus(),
                    spec.memory().bytes(),
                    Files.size(spec.disk()));
        }
    }

    private static FirecrackerJail.Places kernel(Path kernel, Path initramfs) {
        var places = new FirecrackerJail.Places();
        readable(kernel, FirecrackerFiles.KERNEL, places);
        readable(initramfs, FirecrackerFiles.INITRAMFS, places);
        return places;
    }

    private static void readable(Path file, Path inside, FirecrackerJail.Places places) {
        Inheritance.openReadable(file).close();
        places.read(file, inside);
    }

    private static void disk(VmSpec spec, FirecrackerJail.Places places) throws IOException {
        FirecrackerFiles.give(spec.disk(), spec.uid());
        places.write(spec.disk(), FirecrackerFiles.DISK);
    }

    /// Firecracker opens the tap by its name, as the user who may, and only one can have it open.
    private static Tap.Place tap(VmSpec spec, Teardown opened) {
        var place = Tap.handOver(spec.tap(), spec.uid());
        opened.add(place.network());
        spec.tap().close();
        return place;
    }

    /// Starts the process, which has no VM yet.
    private FirecrackerProcess start(
            Seat seat, FirecrackerJail.Places places, Tap.@Nullable Place tap, @Nullable Fd pager)
            throws IOException {
        var files = new FirecrackerFiles(seat.workDir());
        files.make(seat.uid());
        places.write(files.log(), FirecrackerFiles.LOG);
        places.write(files.metrics(), FirecrackerFiles.METRICS);
        places.write(files.state(), FirecrackerFiles.STATE);
        places.write(files.memory(), FirecrackerFiles.MEMORY);
        var argv =
                jail.command(
                        seat.id(),
                        seat.uid(),
                        tap != null,
                        Math.max(seat.diskBytes(), seat.memoryBytes()),
                        places);
        var pipes = FirecrackerPipes.open(files);
        Spawn.Child child;
        try (var fds = new Teardown()) {
            var nothing = fds.add(Posix.open(NULL, Posix.O_RDWR));
            int append = Posix.O_WRONLY | Posix.O_CREAT | Posix.O_APPEND;
            var messages = fds.add(Posix.open(files.messages(), append, 0600));
            var console = fds.add(FirecrackerPipes.open(files.console()));
            var all = new ArrayList<>(List.of(nothing, console, messages));
            all.add(tap == null ? nothing : tap.network());
            // never read there: the pager sees by its end that the VM has ended
            if (pager != null) all.add(pager);
            child = Spawn.startFirst(argv, QemuCommand.ENVIRONMENT, all);
        } catch (RuntimeException e) {
            pipes.close();
            throw e;
        }
        var limits = new Cgroups.Limits(seat.vcpus(), seat.memoryBytes() + OWN_MEMORY);
        var limited = cgroups.limitBeside(child.pid(), seat.uid(), limits);
        long startTime = ProcStat.read(child.pid()).map(ProcStat::startTicks).orElse(0L);
        var record = new VmRecord(child.pid(), startTime, seat.uid(), seat.workDir().toString());
        var vm =
                FirecrackerProcess.watch(
                        record,
                        child.pidfd(),
                        api(record, http),
                        pipes,
                        cgroups,
                        config.controlLimit());
        try {
            var info = vm.awaitUp(config.startLimit());
            limited.join();
            if (!info.vmmVersion().equals(version))
                throw new VmmException(
                        "Firecracker " + info.vmmVersion() + " runs (expected: " + version + ")");
            return vm;
        } catch (CompletionException e) {
            vm.kill();
            throw e.getCause() instanceof VmmException cause ? cause : e;
        } catch (RuntimeException e) {
            throw vm.ended(e);
        }
    }

    @Override
    public void forget(Set<Integer> uids) {
        for (var uid : uids) cgroups.remove(uid);
    }

    @Override
    public VmProcess adopt(VmRecord record) {
        return adopt(record, http, cgroups, config.controlLimit());
    }

    /// Takes back a Firecracker, also where new VMs are another VMM's.
    static VmProcess adopt(VmRecord record, HttpClient http, Cgroups cgroups, Duration limit) {
        var pidfd = Adoption.of(record, cgroups);
        try {
            var pipes = FirecrackerPipes.open(new FirecrackerFiles(Path.of(record.workDir())));
            return FirecrackerProcess.watch(
                    record, pidfd, api(record, http), pipes, cgroups, limit);
        } catch (ErrnoException e) {
            pidfd.close();
            throw new VmmException("process " + record.pid() + ": " + e.getMessage(), e);
        }
    }

    /// In the process's own root: there is no way to the socket by path from ours.
    private static FirecrackerApi api(VmRecord record, HttpClient http) {
        var root = Path.of("/proc", Integer.toString(record.pid()), "root");
        return new FirecrackerApi(
                http, root.resolve(Path.of("/").relativize(FirecrackerFiles.SOCKET)));
    }
}
