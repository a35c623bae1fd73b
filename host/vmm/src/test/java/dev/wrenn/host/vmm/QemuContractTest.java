package dev.wrenn.host.vmm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;

/// Real QEMU processes with the built kernel and initramfs, emulated; needs root.
class QemuContractTest extends VmmContract {
    private static final VmmConfig TCG =
            new VmmConfig(
                    VmmConfig.Mode.TCG,
                    "qemu-system-x86_64",
                    TestImages.LAUNCHER,
                    Duration.ofSeconds(20),
                    Duration.ofSeconds(10));
    private static final Duration GUEST_LIMIT = Duration.ofSeconds(60);
    private static final Path RAMSHIM =
            Path.of(System.getProperty("wrenn.root", "."), "native/target/release/libramshim.so");

    @Override
    Vmm open() {
        Assumptions.assumeTrue(TestImages.initramfs().isPresent(), "needs built images");
        return open(TCG);
    }

    private QemuVmm open(VmmConfig config) {
        return QemuVmm.open(config, dir, kernel(), initramfs());
    }

    @Override
    String program() {
        return "QEMU";
    }

    @Override
    Path kernel() {
        return TestImages.kernel().orElseThrow();
    }

    @Override
    Path initramfs() {
        return TestImages.initramfs().orElseThrow();
    }

    @Override
    void fillDisk(Path disk) throws Exception {
        Assumptions.assumeTrue(TestImages.rootfs().isPresent(), "needs the minimal template");
        copy(TestImages.rootfs().orElseThrow(), disk);
    }

    /// No init: the kernel gives up as soon as it looks for one.
    @Override
    String panicking() {
        return "rdinit=/none root=/dev/none init=/none";
    }

    @Override
    void awaitUp(VmProcess vm) throws Exception {
        guest.awaitHealth();
    }

    @Override
    void awaitGoingOn(VmProcess vm) throws Exception {
        guest.awaitHealth();
    }

    @Override
    void checkStandsStill(VmProcess vm) {
        assertThatThrownBy(() -> guest.health(Duration.ofMillis(500)))
                .isInstanceOf(IOException.class);
    }

    @Override
    void remember(VmProcess vm) throws Exception {
        guest.init();
        guest.exec("head -c 4194304 /dev/urandom > /dev/shm/kept");
        guest.exec("sha256sum /dev/shm/kept > /dev/shm/sum");
    }

    @Override
    void checkRemembered(VmProcess vm) throws Exception {
        guest.exec("sha256sum -c /dev/shm/sum");
    }

    /// Memory from elsewhere needs ramshim.
    @Override
    @Test
    void aSavedVmGoesOnFromAFileAndFromThePager() throws Exception {
        Assumptions.assumeTrue(Files.exists(RAMSHIM), "needs libramshim.so");
        vmm = open(TCG.withRamshim(RAMSHIM));
        super.aSavedVmGoesOnFromAFileAndFromThePager();
    }

    @Test
    void theControlSocketIsForRootAlone() throws Exception {
        var spec = spec(tap(), TestGuest.CMDLINE);
        boot(spec);
        assertThat(Files.getPosixFilePermissions(spec.workDir().resolve("qmp.sock")))
                .isEqualTo(PosixFilePermissions.fromString("rw-------"));
    }

    @Test
    void ramshimTellsWhereMemoryIs() throws Exception {
        Assumptions.assumeTrue(Files.exists(RAMSHIM), "needs libramshim.so");
        vmm = open(TCG.withRamshim(RAMSHIM));
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
                        TestImages.LAUNCHER,
                        Duration.ofSeconds(1),
                        Duration.ofSeconds(1));
        assertThatThrownBy(() -> open(config)).hasMessageContaining("QEMU is missing");
    }

    @Test
    void theProbeTellsWhatBootsFromWhatDoesNot() throws Exception {
        var jail = Jail.of(TCG);
        var probe = new AccelProbe(TCG, jail, vmm.version(), khz(), dir.resolve("accel.json"));
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
                        VmmConfig.Mode.AUTO,
                        TCG.program(),
                        TCG.launcher(),
                        TCG.startLimit(),
                        TCG.controlLimit());
        var settled = open(auto).accel();
        assertThat(settled.reason()).isNotBlank();
        assertThat(open(auto).accel()).isEqualTo(settled);
    }

    private static long khz() {
        return dev.wrenn.host.linux.TscFrequency.kHz();
    }
}
