package dev.wrenn.host.vmm;

import java.util.List;
import org.jspecify.annotations.Nullable;

/// What a Firecracker is told before its guest runs, in the order in which it must be told.
final class FirecrackerSetup {
    /// 200 MiB a second and direction, and 100 MiB at once: what one capsule may take of the host.
    private static final FirecrackerRequest.TokenBucket NETWORK_RATE =
            new FirecrackerRequest.TokenBucket(200L << 20, 100L << 20, 1000);

    private FirecrackerSetup() {}

    /// What comes before everything else.
    static void first(FirecrackerProcess vm) {
        vm.send(
                new FirecrackerRequest.Logger(
                        FirecrackerFiles.LOG.toString(), "Warning", true, false));
        vm.send(new FirecrackerRequest.Metrics(FirecrackerFiles.METRICS.toString()));
    }

    static void machine(FirecrackerProcess vm, int vcpus, long memoryMib) {
        vm.send(new FirecrackerRequest.MachineConfiguration(vcpus, memoryMib, false, true));
    }

    /// As for QEMU; a guest that restarts through the keyboard's controller has ended.
    static void bootSource(FirecrackerProcess vm, String more) {
        vm.send(
                new FirecrackerRequest.BootSource(
                        FirecrackerFiles.KERNEL.toString(),
                        FirecrackerFiles.INITRAMFS.toString(),
                        GuestCmdline.COMMON
                                + "reboot=k pci=off wrenn.mmds="
                                + FirecrackerRequest.METADATA_ADDRESS
                                + " "
                                + more));
    }

    static void devices(FirecrackerProcess vm, VmSpec spec, String tap, DiskRate disk) {
        vm.send(
                new FirecrackerRequest.Drive(
                        FirecrackerRequest.DISK,
                        FirecrackerFiles.DISK.toString(),
                        false, // envd mounts it: it is named to the kernel as wrenn.root
                        false,
                        "Writeback",
                        "Sync",
                        limiter(disk)));
        var rate = new FirecrackerRequest.RateLimiter(NETWORK_RATE, null);
        vm.send(
                new FirecrackerRequest.NetworkInterface(
                        FirecrackerRequest.CARD, tap, spec.guestMac(), rate, rate));
        vm.send(new FirecrackerRequest.EntropyDevice());
        vm.send(
                new FirecrackerRequest.MmdsConfig(
                        "V2",
                        List.of(FirecrackerRequest.CARD),
                        FirecrackerRequest.METADATA_ADDRESS));
    }

    private static FirecrackerRequest.@Nullable RateLimiter limiter(DiskRate rate) {
        var bytes = bucket(rate.bytesPerSecond());
        var operations = bucket(rate.operationsPerSecond());
        return bytes == null && operations == null
                ? null
                : new FirecrackerRequest.RateLimiter(bytes, operations);
    }

    private static FirecrackerRequest.@Nullable TokenBucket bucket(long rate) {
        if (rate == 0) return null;
        return new FirecrackerRequest.TokenBucket(rate * DiskRate.BURST, 0, 1000L * DiskRate.BURST);
    }
}
