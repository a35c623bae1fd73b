package dev.wrenn.host.vmm;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.Assumptions;

/// The same with a real Firecracker and real guests, where `WRENN_FIRECRACKER_BIN` names one and
/// there is a KVM that runs guests.
class RealFirecrackerContractTest extends VmmContract {
    @Override
    Vmm open() {
        var program = System.getenv("WRENN_FIRECRACKER_BIN");
        Assumptions.assumeTrue(program != null, "needs WRENN_FIRECRACKER_BIN");
        Assumptions.assumeTrue(TestImages.rootfs().isPresent(), "needs built images");
        var config = FirecrackerConfig.defaults(program, TestImages.LAUNCHER);
        var problem = FirecrackerVmm.problem(config);
        Assumptions.assumeTrue(problem.isEmpty(), () -> problem.orElse(""));
        try {
            return FirecrackerVmm.open(config, dir, kernel(), initramfs());
        } catch (VmmException e) {
            var words = String.valueOf(e.getMessage());
            Assumptions.assumeFalse(words.startsWith("no usable KVM"), words);
            throw e;
        }
    }

    @Override
    String program() {
        return "Firecracker";
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
        copy(TestImages.rootfs().orElseThrow(), disk);
    }

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
}
