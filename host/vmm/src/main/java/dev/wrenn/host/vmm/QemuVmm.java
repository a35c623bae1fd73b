package dev.wrenn.host.vmm;

import dev.wrenn.common.runtime.Teardown;
import dev.wrenn.host.linux.Command;
import dev.wrenn.host.linux.ErrnoException;
import dev.wrenn.host.linux.ProcStat;
import dev.wrenn.host.linux.Spawn;
import dev.wrenn.host.linux.TscFrequency;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// QEMU's `microvm` machine. Every resource is an inherited descriptor: the process needs no path
/// but its own program files, and may open nothing of ours.
public final class QemuVmm implements Vmm {
    private static final Logger LOG = LoggerFactory.getLogger(QemuVmm.class);

    /// Control socket in a VM's working directory; mode 0600, QEMU only inherits the listener.
    static final String SOCKET = "qmp.sock";

    /// QEMU's own messages in a VM's working directory.
    static final String MESSAGES = "vmm.log";

    /// What QEMU itself uses beside the guest's memory and translated code: 30 to 50 MiB were
    /// measured (heap, stacks, device buffers), the rest is for disk requests under way.
    private static final long OWN_MEMORY = 160L << 20;

    private static final Duration VERSION_LIMIT = Duration.ofSeconds(10);
    private static final Pattern VERSION = Pattern.compile("version (\\d+(?:\\.\\d+)+)");

    private final VmmConfig config;
    private final Jail jail;
    private final Cgroups cgroups;
    private final String version;
    private final Accel accel;
    private final long tscKhz;

    private QemuVmm(
            VmmConfig config, Jail jail, Cgroups cgroups, String version, Accel accel, long khz) {
        this.config = config;
        this.jail = jail;
        this.cgroups = cgroups;
        this.version = version;
        this.accel = accel;
        this.tscKhz = khz;
    }

    /// Finds QEMU and settles the acceleration; a probe of KVM can take some seconds the first
    /// time.
    ///
    /// @param dataDir the agent's data directory, where the probe's result is kept
    /// @param kernel what the probe boots
    /// @param initramfs what the probe boots
    /// @throws VmmException when QEMU or its launcher is missing, or KVM was insisted on and cannot
    ///   be opened
    public static QemuVmm open(VmmConfig config, Path dataDir, Path kernel, Path initramfs) {
        var version = findVersion(config.program());
        var jail = Jail.of(config);
        long khz = TscFrequency.kHz();
        var probe = new AccelProbe(config, jail, version, khz, dataDir.resolve("accel.json"));
        var accel = probe.settle(kernel, initramfs);
        LOG.atInfo()
                .addKeyValue("accel", accel.kind().word())
                .addKeyValue("reason", accel.reason())
                .addKeyValue("qemu", version)
                .log("acceleration settled");
        return new QemuVmm(config, jail, Cgroups.open(), version, accel, khz);
    }

    private static String findVersion(String program) {
        try {
            var result = Command.run(VERSION_LIMIT, "", List.of(program, "--version"));
            var match = VERSION.matcher(result.output());
            if (match.find()) return match.group(1);
            throw new VmmException(program + " --version says: " + result.output());
        } catch (IOException e) {
            throw new VmmException(
                    "QEMU is missing: " + program + " cannot be run (qemu-system-x86)", e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new VmmException("interrupted", e);
        }
    }

    @Override
    public String name() {
        return "qemu";
    }

    @Override
    public String version() {
        return version;
    }

    @Override
    public Accel accel() {
        return accel;
    }

    @Override
    public boolean takesServedDisks() {
        return true;
    }

    @Override
    public Map<String, String> machine() {
        return Map.of(
                "vmm",
                name() + " " + version,
                "accel",
                accel.kind().word(),
                "machine",
                "microvm",
                "cpu",
                accel.kind() == Accel.Kind.KVM ? hostCpu() : "max",
                "tsc_khz",
                Long.toString(tscKhz));
    }

    /// With KVM guests see the host's processor.
    static String hostCpu() {
        try (var lines = Files.lines(Path.of("/proc/cpuinfo"))) {
            return lines.filter(line -> line.startsWith("model name"))
                    .map(line -> line.substring(line.indexOf(':') + 1).strip())
                    .findFirst()
                    .orElse("unknown");
        } catch (IOException e) {
            throw new VmmException("/proc/cpuinfo cannot be read", e);
        }
    }

    @Override
    public VmProcess boot(VmSpec spec) {
        if (!(spec.source() instanceof MemorySource.Fresh))
            throw new IllegalArgumentException("a boot with " + spec.source());
        var argv = QemuCommand.capsule(jail.program(), accel.kind(), tscKhz, spec, config.disk());
        var vm = start(spec, argv, null);
        LOG.atInfo()
                .addKeyValue("capsule", spec.id())
                .addKeyValue("pid", vm.record().pid())
                .log("VM started");
        return vm;
    }

    @Override
    public VmProcess restore(VmSpec spec, Path deviceState) {
        if (spec.source() instanceof MemorySource.Fresh)
            throw new IllegalArgumentException("a restore without memory");
        if (config.ramshim() == null)
            throw new VmmException("restoring needs libramshim.so, which is not configured");
        var argv = QemuCommand.restored(jail.program(), accel.kind(), spec, config.disk());
        var vm = start(spec, argv, deviceState);
        vm.load(spec.memory());
        LOG.atInfo()
                .addKeyValue("capsule", spec.id())
                .addKeyValue("pid", vm.record().pid())
                .log("VM restored");
        return vm;
    }

    private QemuProcess start(VmSpec spec, List<String> command, @Nullable Path deviceState) {
        var started = spawn(spec, command, deviceState);
        var pidfd = started.pidfd();
        var limited = limit(started.pid(), spec);
        var stat = ProcStat.read(started.pid());
        if (stat.isEmpty()) { // not even a zombie: cannot be, we have not collected it
            pidfd.close();
            throw new VmmException("process " + started.pid() + " vanished");
        }
        var record =
                new VmRecord(
                        started.pid(),
                        stat.get().startTicks(),
                        spec.uid(),
                        spec.workDir().toString());
        var process =
                QemuProcess.started(
                        record, pidfd, config.startLimit(), config.controlLimit(), cgroups);
        try {
            limited.join();
            return process;
        } catch (CompletionException e) {
            process.kill();
            throw e.getCause() instanceof VmmException cause ? cause : e;
        }
    }

    private CompletableFuture<Void> limit(int pid, VmSpec spec) {
        long own = OWN_MEMORY;
        if (accel.kind() == Accel.Kind.TCG) own += (long) QemuCommand.TRANSLATED_MIB << 20;
        var limits = new Cgroups.Limits(spec.vcpus(), spec.memory().bytes() + own);
        return cgroups.limitBeside(pid, spec.uid(), limits);
    }

    private Spawn.Child spawn(VmSpec spec, List<String> command, @Nullable Path deviceState) {
        var more = spec.served().map(Path::getParent).stream().toList();
        var argv = jail.around(spec.uid(), accel.kind(), more, command);
        try (var opened = new Teardown()) {
            var with = Inheritance.open(spec, config.ramshim(), deviceState, opened);
            return Spawn.startFirst(argv, with.environment(), with.descriptors());
        } catch (ErrnoException | IOException e) {
            throw new VmmException("VM of " + spec.id() + ": " + e.getMessage(), e);
        }
    }

    @Override
    public void forget(Set<Integer> uids) {
        for (var uid : uids) cgroups.remove(uid);
    }

    @Override
    public VmProcess adopt(VmRecord record) {
        var pidfd = Adoption.of(record, cgroups);
        return QemuProcess.adopted(record, pidfd, config.controlLimit(), cgroups);
    }
}
