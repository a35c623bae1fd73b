package dev.wrenn.host.vmm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.wrenn.common.model.CapsuleId;
import dev.wrenn.host.memory.MemorySaver.Tracking;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

/// The driver of Firecracker with the strict stand-in, which checks each request against the
/// published definition and in its state; needs root, and neither KVM nor images.
class FirecrackerContractTest extends VmmContract {
    private static final Duration SHORT = Duration.ofMillis(1500);

    @Override
    Vmm open() throws Exception {
        return FirecrackerStandin.open(FirecrackerStandin.config(), dir);
    }

    @Override
    String program() {
        return "Firecracker";
    }

    @Override
    Path kernel() {
        return FirecrackerStandin.kernel(dir);
    }

    @Override
    Path initramfs() {
        return FirecrackerStandin.initramfs(dir);
    }

    @Override
    void fillDisk(Path disk) {} // nobody reads it

    @Override
    String panicking() {
        return "standin.panic";
    }

    @Override
    void awaitUp(VmProcess vm) {
        eventually("the guest runs", () -> vm.consoleTail().contains("guest: is "));
    }

    /// Every page is touched and compared each time.
    @Override
    void awaitGoingOn(VmProcess vm) {
        eventually("the guest goes on", () -> FirecrackerStandin.counter(vm) > 0);
        assertThat(vm.consoleTail()).contains(" pages right").doesNotContain("wrong");
    }

    @Override
    void checkStandsStill(VmProcess vm) throws Exception {
        vm.saveDeviceState(dir.resolve("state-of-a-stopped-one"));
    }

    @Override
    void remember(VmProcess vm) {} // the rule of the stand-in's memory remembers

    @Override
    void checkRemembered(VmProcess vm) {
        assertThat(vm.consoleTail()).contains("pages right").doesNotContain("wrong");
    }

    private static FirecrackerProcess raw(VmProcess vm) {
        return (FirecrackerProcess) vm;
    }

    /// What Firecracker itself says.
    private static JsonNode ask(VmProcess vm, String path) throws Exception {
        var http = FirecrackerApi.client();
        try {
            var socket = Path.of("/proc/" + vm.record().pid() + "/root/vm/api.sock");
            var api = new FirecrackerApi(http, socket);
            return api.get(path, JsonNode.class, Duration.ofSeconds(20));
        } finally {
            http.stop();
        }
    }

    @Test
    void aVmIsConfiguredAsItShould() throws Exception {
        var spec = spec(tap(), TestGuest.CMDLINE);
        var vm = boot(spec);
        var config = ask(vm, "/vm/config");
        assertThat(config.at("/machine-config").toString())
                .isEqualTo(
                        "{\"mem_size_mib\":192,\"smt\":false,\"track_dirty_pages\":true,\"vcpu_count\":1}");
        assertThat(config.at("/boot-source/boot_args").asString())
                .contains("wrenn.root=/dev/vda", "wrenn.mmds=169.254.169.254", TestGuest.CMDLINE);
        assertThat(config.at("/boot-source/initrd_path").asString()).isEqualTo("/vm/initramfs");
        assertThat(config.at("/drives/0/path_on_host").asString()).isEqualTo("/vm/disk");
        assertThat(config.at("/drives/0/cache_type").asString()).isEqualTo("Writeback");
        var limits = config.at("/drives/0/rate_limiter");
        assertThat(limits.at("/bandwidth/size").asLong()).isEqualTo(1L << 30);
        assertThat(limits.at("/bandwidth/refill_time").asLong()).isEqualTo(4000);
        assertThat(limits.at("/ops/size").asLong()).isEqualTo(40_000);
        for (var way : new String[] {"rx_rate_limiter", "tx_rate_limiter"}) {
            var bucket = config.at("/network-interfaces/0/" + way + "/bandwidth");
            assertThat(bucket.path("size").asLong()).isEqualTo(200L << 20);
            assertThat(bucket.path("one_time_burst").asLong()).isEqualTo(100L << 20);
            assertThat(bucket.path("refill_time").asLong()).isEqualTo(1000);
        }
        assertThat(config.at("/network-interfaces/0/guest_mac").asString())
                .isEqualTo(TestGuest.MAC);
        assertThat(config.at("/mmds-config").toString())
                .contains("\"V2\"", "eth0", "169.254.169.254");
        assertThat(config.has("entropy")).isTrue();
        eventually(
                "who it is",
                () ->
                        vm.consoleTail()
                                .contains("guest: is " + spec.id() + " of template-of-the-test"));
    }

    @Test
    void aVmThatBecomesAnotherCapsulesSaysSo() throws Exception {
        var spec = spec(tap(), TestGuest.CMDLINE);
        var vm = boot(spec);
        awaitUp(vm);
        vm.pause();
        var moved = Files.move(spec.workDir(), dir.resolve("moved"));
        var id = CapsuleId.random();
        vm.assign(id, moved);
        assertThat(vm.record().workDir()).isEqualTo(moved.toString());
        vm.resume();
        var words = "guest: is " + id + " of template-of-the-test";
        eventually("the new id", () -> vm.consoleTail().contains(words));
        // its files are found where they are now
        vm.pause();
        vm.saveDeviceState(dir.resolve("state"));
        assertThat(vm.dump(false).orElseThrow()).startsWith(moved).exists();
    }

    @Test
    void aRestoredVmIsWhoItsCapsuleIs() throws Exception {
        var first = spec(tap(), TestGuest.CMDLINE);
        var vm = boot(first);
        awaitUp(vm);
        var image = save(vm, null, Tracking.WRITTEN);
        vm.kill();
        vm = restore(image, new MemorySource.FileMap(image.flatPart().orElseThrow()));
        vm.resume();
        awaitGoingOn(vm);
        var restored = vm;
        eventually("an id", () -> restored.consoleTail().contains("guest: is cl-"));
        assertThat(vm.consoleTail()).doesNotContain(first.id().toString());
    }

    /// Only what was written since is in the second one.
    @Test
    void aSecondSaveIsSmall() throws Exception {
        var vm = boot(spec(tap(), TestGuest.CMDLINE));
        awaitUp(vm);
        var all = save(vm, null, Tracking.WRITTEN);
        var next = save(vm, all, Tracking.WRITTEN); // it did not run between the two
        assertThat(all.index().stored()).isGreaterThan(4L << 20);
        assertThat(next.index().stored()).isEqualTo(all.index().stored());
    }

    @Test
    void filesBelongToTheVmWhileItRuns() throws Exception {
        var spec = spec(tap(), TestGuest.CMDLINE);
        var vm = boot(spec);
        assertThat(Files.getAttribute(spec.disk(), "unix:uid")).isEqualTo(UID);
        assertThat(Files.getPosixFilePermissions(spec.disk()))
                .isEqualTo(PosixFilePermissions.fromString("rw-------"));
        var root = Path.of("/proc/" + vm.record().pid() + "/root/vm");
        assertThat(Files.getPosixFilePermissions(root))
                .isEqualTo(PosixFilePermissions.fromString("rwx------"));
        vm.kill();
        assertThat(Files.getAttribute(spec.disk(), "unix:uid")).isEqualTo(0);
    }

    /// Memory of other capsules is readable in there.
    @Test
    void nobodyElseFindsTheFilesOfTheAgent() throws Exception {
        Files.setPosixFilePermissions(dir, PosixFilePermissions.fromString("rwxr-xr-x"));
        open();
        assertThat(Files.getPosixFilePermissions(dir))
                .isEqualTo(PosixFilePermissions.fromString("rwx------"));
    }

    @Test
    void requestsInTheWrongStateAreRefused() throws Exception {
        var vm = raw(boot(spec(tap(), TestGuest.CMDLINE)));
        assertThatThrownBy(() -> vm.send(new FirecrackerRequest.EntropyDevice()))
                .isInstanceOf(VmmException.class)
                .hasMessageContaining("no randomness for the guest")
                .hasMessageContaining("not supported after starting the microVM");
        assertThatThrownBy(() -> vm.send(FirecrackerRequest.Action.START))
                .hasMessageContaining("not supported after starting");
        assertThatThrownBy(() -> vm.saveDeviceState(dir.resolve("state")))
                .hasMessageContaining("it cannot be saved")
                .hasMessageContaining("while running");
        assertThat(vm.isAlive()).isTrue();
        vm.pause();
        vm.resume();
    }

    @Test
    void whatFirecrackerRefusesIsSaidInItsWords() throws Exception {
        var good = spec(tap(), TestGuest.CMDLINE);
        Files.writeString(good.disk().resolveSibling("rubbish"), "no kernel");
        var rubbish = good.disk().resolveSibling("rubbish");
        var bad =
                new VmSpec(
                        good.id(),
                        1,
                        MEMORY,
                        rubbish,
                        good.initramfs(),
                        "",
                        good.disk(),
                        good.tap(),
                        TestGuest.MAC,
                        UID,
                        good.workDir());
        assertThatThrownBy(() -> vmm.boot(bad))
                .isInstanceOf(VmmException.class)
                .hasMessageContaining("InstanceStart failed")
                .hasMessageContaining("Invalid Elf magic number");
        var missing = spec(tap(), TestGuest.CMDLINE);
        Files.delete(missing.disk());
        assertThatThrownBy(() -> vmm.boot(missing))
                .isInstanceOf(VmmException.class)
                .hasMessageContaining("disk.ext4");
        assertThat(ProcessHandle.current().children()).noneMatch(FirecrackerContractTest::isVm);
    }

    private static boolean isVm(ProcessHandle process) {
        return process.info().command().orElse("").contains("firecracker");
    }

    /// Fault: a state that is none, memory of another size, no pager.
    @Test
    void whatCannotBeLoadedIsSaidAndLeavesNothing() throws Exception {
        var vm = boot(spec(tap(), TestGuest.CMDLINE));
        awaitUp(vm);
        var image = save(vm, null, Tracking.WRITTEN);
        vm.kill();
        var state = Files.writeString(dir.resolve("state"), "not the state of a VM");
        var source = new MemorySource.FileMap(image.flatPart().orElseThrow());
        var spec = spec(tap(), "").from(source);
        assertThatThrownBy(() -> vmm.restore(spec, state))
                .isInstanceOf(VmmException.class)
                .hasMessageContaining("the saved VM cannot be loaded")
                .hasMessageContaining("Invalid magic value");
        var cut = Files.write(dir.resolve("cut"), new byte[4096]);
        var less = spec(tap(), "").from(new MemorySource.FileMap(cut));
        assertThatThrownBy(() -> vmm.restore(less, image.deviceState()))
                .isInstanceOf(VmmException.class)
                .hasMessageContaining("expected: " + MEMORY.bytes());
        less.tap().close();
        var fresh = spec(tap(), "");
        assertThatThrownBy(() -> vmm.restore(fresh, state))
                .isInstanceOf(IllegalArgumentException.class);
        assertThat(ProcessHandle.current().children()).noneMatch(FirecrackerContractTest::isVm);
    }

    /// Fault: the VMM hangs in its API.
    @Test
    void aVmmThatDoesNotAnswerIsKilled() throws Exception {
        vmm = FirecrackerStandin.open(FirecrackerStandin.config(SHORT), dir);
        var vm = boot(spec(tap(), TestGuest.CMDLINE + " standin.hang=/vm"));
        var ended = new CompletableFuture<Exit>();
        vm.onExit(ended::complete);
        assertThatThrownBy(vm::pause)
                .isInstanceOf(VmmException.class)
                .hasMessageContaining("did not answer PATCH /vm within 1500 ms");
        var exit = ended.get(10, TimeUnit.SECONDS);
        assertThat(exit.kind()).isEqualTo(Exit.Kind.FAILED);
        assertThat(exit.cause()).contains("did not answer PATCH /vm").endsWith("killed");
        assertThatThrownBy(vm::resume).isInstanceOf(VmmException.class);
    }

    /// Fault: the VMM ends while it is told what to do.
    @Test
    void aVmmThatEndsInAStartIsSaidWithItsLastWords() throws Exception {
        var spec = spec(tap(), TestGuest.CMDLINE + " standin.die=/mmds");
        assertThatThrownBy(() -> vmm.boot(spec))
                .isInstanceOf(VmmException.class)
                .hasMessageContaining("ended at once")
                .hasMessageContaining("dies of /mmds");
    }

    @Test
    void aGuestThatIsAskedEndsByItself() throws Exception {
        var vm = boot(spec(tap(), TestGuest.CMDLINE));
        awaitUp(vm);
        vm.stop(Duration.ofSeconds(30));
        assertThat(vm.awaitExit()).isEqualTo(new Exit(Exit.Kind.GUEST, "the guest shut down"));
        vmm = FirecrackerStandin.open(FirecrackerStandin.config(SHORT), dir);
        var deaf = boot(spec(tap(), TestGuest.CMDLINE + " standin.hang=/actions"));
        deaf.stop(Duration.ofSeconds(30));
        assertThat(deaf.isAlive()).isFalse();
    }

    @Test
    void logAndMetricsAreRead() throws Exception {
        var vm = raw(boot(spec(tap(), TestGuest.CMDLINE)));
        vm.send(FirecrackerRequest.Action.FLUSH_METRICS);
        eventually("metrics", () -> vm.metrics().has("utc_timestamp_ms"));
        assertThatThrownBy(() -> vm.send(FirecrackerRequest.Action.START))
                .isInstanceOf(VmmException.class);
        eventually("log", () -> vm.stderrTail().contains("not supported after starting"));
    }

    @Test
    void whatKeepsFirecrackerFromBeingUsedIsOneSentence() throws Exception {
        var good = FirecrackerStandin.config();
        assertThat(FirecrackerVmm.problem(good)).isEmpty();
        assertThat(problem("/no/such/firecracker", good.kvm()))
                .isEqualTo(
                        "Firecracker is missing: there is no /no/such/firecracker"
                                + " (WRENN_FIRECRACKER_BIN)");
        assertThat(problem("no-such-firecracker", good.kvm()))
                .startsWith("Firecracker is missing: no-such-firecracker is not in");
        assertThat(problem(saying("Firecracker v1.12.1"), good.kvm()))
                .isEqualTo("Firecracker 1.12.1 is of no use (expected: 1.13 or newer, below 2)");
        assertThat(problem(saying("Firecracker v2.0.0"), good.kvm())).contains("of no use");
        assertThat(problem(saying("another program"), good.kvm())).contains("another program");
        assertThat(problem(good.program(), Path.of("/dev/no-kvm")))
                .startsWith("no usable KVM for Firecracker: open /dev/no-kvm");
        // a device that is there and does not run guests shows in a boot
        var rubbish = Files.writeString(dir.resolve("rubbish"), "no kernel");
        assertThatThrownBy(() -> FirecrackerVmm.open(good, dir, rubbish, initramfs()))
                .isInstanceOf(VmmException.class)
                .hasMessageStartingWith("no usable KVM for Firecracker: InstanceStart failed");
        try (var left = Files.list(dir)) {
            assertThat(left).noneMatch(file -> file.getFileName().toString().startsWith("probe"));
        }
    }

    private static String problem(String program, Path kvm) {
        var limit = Duration.ofSeconds(5);
        var config =
                new FirecrackerConfig(
                        program, TestImages.LAUNCHER, kvm, limit, limit, DiskRate.UNLIMITED);
        return FirecrackerVmm.problem(config).orElseThrow();
    }

    private String saying(String words) throws Exception {
        var script = Files.createTempFile(dir, "firecracker", "");
        Files.writeString(script, "#!/bin/sh\necho '" + words + "'\n");
        Files.setPosixFilePermissions(script, PosixFilePermissions.fromString("rwxr-xr-x"));
        return script.toString();
    }
}
