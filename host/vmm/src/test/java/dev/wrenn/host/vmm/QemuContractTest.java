package dev.wrenn.host.vmm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.wrenn.common.model.CapsuleId;
import dev.wrenn.common.model.MemorySize;
import dev.wrenn.common.runtime.Teardown;
import dev.wrenn.host.linux.Fd;
import dev.wrenn.host.linux.Pidfd;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Real QEMU processes with the built kernel and initramfs, emulated; needs root.
class QemuContractTest {
    private static final VmmConfig TCG =
            new VmmConfig(
                    VmmConfig.Mode.TCG,
                    "qemu-system-x86_64",
                    Duration.ofSeconds(20),
                    Duration.ofSeconds(10));
    private static final int UID = 700_000 + 40_000; // above those of slots
    private static final Duration GUEST_LIMIT = Duration.ofSeconds(60);

    private final Teardown world = new Teardown();
    @TempDir Path dir;
    private QemuVmm vmm;
    private TestGuest guest;

    @BeforeEach
    void build() throws Exception {
        Assumptions.assumeTrue(System.getProperty("user.name").equals("root"), "needs root");
        Assumptions.assumeTrue(TestImages.initramfs().isPresent(), "needs built images");
        vmm = open(TCG);
        guest = world.add(TestGuest.create());
    }

    @AfterEach
    void clear() {
        world.close();
    }

    private QemuVmm open(VmmConfig config) {
        return QemuVmm.open(
                config,
                dir,
                TestImages.kernel().orElseThrow(),
                TestImages.initramfs().orElseThrow());
    }

    private Fd tap() throws Exception {
        return world.add(guest.tap());
    }

    private VmSpec spec(Fd tap, String cmdline) throws Exception {
        var work = Files.createTempDirectory(dir, "vm");
        var disk = work.resolve("disk.ext4");
        try (var file = new RandomAccessFile(disk.toFile(), "rw")) {
            file.setLength(64 << 20);
        }
        Files.setPosixFilePermissions(disk, PosixFilePermissions.fromString("rw-------"));
        return new VmSpec(
                CapsuleId.random(),
                1,
                MemorySize.ofMib(192),
                TestImages.kernel().orElseThrow(),
                TestImages.initramfs().orElseThrow(),
                cmdline,
                disk,
                tap,
                TestGuest.MAC,
                UID,
                work);
    }

    private VmProcess boot(VmSpec spec) {
        return world.add(vmm.boot(spec));
    }

    private static List<String> openFiles(int pid) throws IOException {
        var open = new ArrayList<String>();
        try (var fds = Files.list(Path.of("/proc/" + pid + "/fd"))) {
            for (var fd : fds.toList()) {
                try {
                    open.add(Files.readSymbolicLink(fd).toString());
                } catch (java.nio.file.NoSuchFileException e) {
                    // closed meanwhile, for example the listing itself
                }
            }
        }
        return open;
    }

    @Test
    void aVmHoldsNothingButItsOwn() throws Exception {
        var tap = tap();
        var spec = spec(tap, TestGuest.CMDLINE);
        var vm = boot(spec);
        tap.close();
        int pid = vm.record().pid();
        var status = Files.readString(Path.of("/proc/" + pid + "/status"));
        assertThat(status)
                .contains("Uid:\t%d\t%<d\t%<d\t%<d\n".formatted(UID))
                .contains("Gid:\t%d\t%<d\t%<d\t%<d\n".formatted(UID))
                .containsPattern("Groups:\\s*\n")
                .contains("NoNewPrivs:\t1\n", "Seccomp:\t2\n")
                .contains("CapEff:\t0000000000000000\n", "CapBnd:\t0000000000000000\n");
        for (var space : new String[] {"net", "ipc", "uts", "mnt"})
            assertThat(Files.readSymbolicLink(Path.of("/proc/" + pid + "/ns/" + space)))
                    .isNotEqualTo(Files.readSymbolicLink(Path.of("/proc/self/ns/" + space)));
        assertThat(openFiles(pid))
                .allMatch(
                        file ->
                                file.startsWith("socket:")
                                        || file.startsWith("anon_inode:")
                                        || file.startsWith("/dev/")
                                        || file.startsWith("/memfd:")
                                        || file.startsWith("pipe:")
                                        || file.equals(TestImages.kernel().orElseThrow().toString())
                                        || file.equals(
                                                TestImages.initramfs().orElseThrow().toString())
                                        || file.startsWith(spec.workDir().toString()),
                        "descriptors of the VM alone");
        assertThat(Files.readString(Path.of("/proc/" + pid + "/environ")).split("\0"))
                .containsExactlyInAnyOrder("PATH=/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL=C.UTF-8");
        assertThat(Files.getPosixFilePermissions(spec.workDir().resolve("qmp.sock")))
                .isEqualTo(PosixFilePermissions.fromString("rw-------"));
        vm.kill();
        assertThat(Path.of("/proc/" + pid)).doesNotExist();
        assertThat(vm.awaitExit()).isEqualTo(new Exit(Exit.Kind.ASKED, "ended on request"));
        assertThat(vm.isAlive()).isFalse();
        assertThat(vm.usage()).isEmpty();
    }

    @Test
    void ramshimTellsWhereMemoryIs() throws Exception {
        var library =
                Path.of(
                        System.getProperty("wrenn.root", "."),
                        "native/target/release/libramshim.so");
        Assumptions.assumeTrue(Files.exists(library), "needs libramshim.so");
        vmm = open(TCG.withRamshim(library));
        var spec = spec(tap(), TestGuest.CMDLINE);
        var vm = boot(spec);
        int pid = vm.record().pid();
        var ram = vm.ram().orElseThrow();
        assertThat(ram.size()).isEqualTo(spec.memory().bytes());
        assertThat(Files.readString(Path.of("/proc/" + pid + "/maps")))
                .contains(Long.toHexString(ram.hostAddress()) + "-");
        assertThat(openFiles(pid)).noneMatch(file -> file.endsWith("ram.json"));
        assertThat(Files.readString(Path.of("/proc/" + pid + "/status")))
                .contains("CapEff:\t0000000000000000\n", "NoNewPrivs:\t1\n");
        // what QEMU itself says, asked when the report is lost
        Files.delete(spec.workDir().resolve("ram.json"));
        vm.detach();
        vm = world.add(vmm.adopt(vm.record()));
        assertThat(vm.ram()).contains(new GuestRam(ram.hostAddress(), ram.size(), false));
        vm.kill();
        assertThat(vm.ram()).isEmpty();
    }

    @Test
    void theAgentLeaksNoDescriptor() throws Exception {
        boot(spec(tap(), TestGuest.CMDLINE)).kill(); // first use links what is loaded lazily
        world.close();
        build();
        var before = openFiles((int) ProcessHandle.current().pid());
        for (int i = 0; i < 5; i++) {
            try (var tap = guest.tap()) {
                boot(spec(tap, TestGuest.CMDLINE)).kill();
            }
        }
        assertThat(openFiles((int) ProcessHandle.current().pid())).hasSameSizeAs(before);
    }

    @Test
    void aGuestAnswersIsPausedResumedAndAdopted() throws Exception {
        Assumptions.assumeTrue(TestImages.rootfs().isPresent(), "needs the minimal template");
        var spec = spec(tap(), TestGuest.CMDLINE);
        TestGuest.run(
                "",
                "cp",
                "--sparse=always",
                TestImages.rootfs().orElseThrow().toString(),
                spec.disk().toString());
        var first = vmm.boot(spec);
        world.onClose(first::kill);
        guest.awaitHealth();
        first.pause();
        first.pause();
        assertThatThrownBy(() -> guest.health(Duration.ofMillis(500)))
                .isInstanceOf(IOException.class);
        first.resume();
        guest.awaitHealth();
        assertThat(first.usage().orElseThrow().cpu()).isPositive();
        // the agent's next life knows the record only
        var record = first.record();
        first.detach();
        var second = open(TCG).adopt(record);
        world.onClose(second::kill);
        guest.awaitHealth();
        second.pause();
        second.resume();
        assertThatThrownBy(() ->
                        vmm.adopt(
                                new VmRecord(
                                        record.pid(),
                                        record.startTime() + 1,
                                        record.uid(),
                                        record.workDir())))
                .isInstanceOf(VmmException.class)
                .hasMessageContaining("not the VM any more");
        var ended = new CompletableFuture<Exit>();
        second.onExit(ended::complete);
        try (var pidfd = Pidfd.open(record.pid())) {
            pidfd.signal(Pidfd.SIGKILL);
        }
        var exit = ended.get(2, TimeUnit.SECONDS);
        assertThat(exit.kind()).isEqualTo(Exit.Kind.FAILED);
        assertThat(exit.cause()).startsWith("QEMU ended");
        assertThatThrownBy(() -> vmm.adopt(record)).isInstanceOf(VmmException.class);
    }

    @Test
    void aGuestThatPanicsIsSaidWithItsLastWords() throws Exception {
        // no init: the kernel gives up as soon as it looks for one
        var vm = boot(spec(tap(), TestGuest.CMDLINE + " rdinit=/none root=/dev/none init=/none"));
        var exit = CompletableFuture.supplyAsync(() -> await(vm)).get(60, TimeUnit.SECONDS);
        assertThat(exit.kind()).isEqualTo(Exit.Kind.GUEST);
        assertThat(exit.cause()).contains("panicked").contains("Kernel panic");
    }

    private static Exit await(VmProcess vm) {
        try {
            return vm.awaitExit();
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    @Test
    void aVmmKilledFromOutsideIsNoticed() throws Exception {
        var vm = boot(spec(tap(), TestGuest.CMDLINE));
        var ended = new CompletableFuture<Exit>();
        vm.onExit(ended::complete);
        try (var pidfd = Pidfd.open(vm.record().pid())) {
            pidfd.signal(Pidfd.SIGKILL);
        }
        assertThat(ended.get(2, TimeUnit.SECONDS))
                .isEqualTo(new Exit(Exit.Kind.FAILED, "QEMU ended with signal SIGKILL"));
        vm.kill(); // nothing to do
        assertThatThrownBy(vm::pause).isInstanceOf(VmmException.class);
    }

    @Test
    void whatQemuRefusesIsSaidInItsWords() throws Exception {
        var good = spec(tap(), TestGuest.CMDLINE);
        var bad =
                new VmSpec(
                        good.id(),
                        1,
                        good.memory(),
                        good.kernel(),
                        good.initramfs(),
                        TestGuest.CMDLINE,
                        good.disk(),
                        good.tap(),
                        "not a mac",
                        UID,
                        good.workDir());
        assertThatThrownBy(() -> vmm.boot(bad))
                .isInstanceOf(VmmException.class)
                .hasMessageContaining("QEMU ended at once")
                .hasMessageContaining("mac");
        Files.delete(good.disk());
        assertThatThrownBy(() -> vmm.boot(good))
                .isInstanceOf(VmmException.class)
                .hasMessageContaining("disk.ext4");
    }

    @Test
    void aMissingQemuIsSaid() {
        var config =
                new VmmConfig(
                        VmmConfig.Mode.AUTO,
                        "no-such-qemu",
                        Duration.ofSeconds(1),
                        Duration.ofSeconds(1));
        assertThatThrownBy(() -> open(config)).hasMessageContaining("QEMU is missing");
    }

    @Test
    void theProbeTellsWhatBootsFromWhatDoesNot() throws Exception {
        var probe = new AccelProbe(TCG, vmm.version(), khz(), dir.resolve("accel.json"));
        var kernel = TestImages.kernel().orElseThrow();
        var initramfs = TestImages.initramfs().orElseThrow();
        assertThat(probe.boot(Accel.Kind.TCG, kernel, initramfs, GUEST_LIMIT)).isEmpty();
        var rubbish = Files.writeString(dir.resolve("rubbish"), "not a kernel");
        assertThat(probe.boot(Accel.Kind.TCG, rubbish, initramfs, GUEST_LIMIT))
                .isPresent()
                .get()
                .asString()
                .contains("QEMU ends");
        // whatever this machine offers, the choice comes with a reason and is kept
        var auto =
                new VmmConfig(
                        VmmConfig.Mode.AUTO, TCG.program(), TCG.startLimit(), TCG.controlLimit());
        var settled = open(auto).accel();
        assertThat(settled.reason()).isNotBlank();
        assertThat(open(auto).accel()).isEqualTo(settled);
    }

    private static long khz() {
        return dev.wrenn.host.linux.TscFrequency.kHz();
    }
}
