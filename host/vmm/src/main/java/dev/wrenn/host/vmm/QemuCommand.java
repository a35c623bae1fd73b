package dev.wrenn.host.vmm;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/// QEMU's command lines. Pure.
final class QemuCommand {
    /// What a VMM sees of our environment.
    static final Map<String, String> ENVIRONMENT =
            Map.of("PATH", "/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL", "C.UTF-8");

    // Descriptors of the process; 0 to 2 are the standard ones. The disk is there twice because
    // QEMU also asks its set for a read-only descriptor.
    static final int KERNEL = 3;
    static final int INITRAMFS = 4;
    static final int DISK = 5;
    static final int DISK_READ_ONLY = 6;
    static final int TAP = 7;
    static final int CONTROL = 8;
    static final int RAMSHIM = 9;
    static final int USERFAULT = 10;
    static final int RAM_REPORT = 11;
    static final int MEMORY = 12; // the file to map, or the socket to the pager
    static final int DEVICE_STATE = 13;
    static final int DESCRIPTORS = 14;

    /// Mebibytes of translated code that an emulated guest may have; QEMU would take up to a
    /// gibibyte. A boot makes 45.
    static final int TRANSLATED_MIB = 256;

    /// Bytes of serial output that QEMU keeps; a power of two.
    static final int CONSOLE_BYTES = 64 << 10;

    /// The option before the capsule's id, for people who look for its process.
    static final String NAME = "-name";

    /// Name of the node that the disk's device uses.
    static final String DISK_NODE = "disk";

    /// Seconds that a request to a served disk waits when nobody serves it, then it fails.
    static final int UNSERVED_SECONDS = 3600;

    /// Id of the serial port's buffer.
    static final String CONSOLE = "console";

    // microvm without what a capsule never uses; guest RAM is one named object
    private static final String MACHINE =
            "microvm,acpi=on,pcie=off,usb=off,mem-merge=off,dump-guest-core=off,"
                    + "suppress-vmdesc=on,memory-backend=ram";

    private static final String SANDBOX =
            "on,obsolete=deny,elevateprivileges=deny,spawn=deny,resourcecontrol=deny";

    /// All that can be emulated but the promise that `rep movsb` is fast, see ERMS in Intel's SDM:
    /// here it goes byte by byte, and kernels and C libraries that believe it copy all they copy
    /// that way. What was saved with it goes on: the instruction is there all the same.
    private static final String EMULATED_CPU = "max,erms=off,fsrm=off";

    private QemuCommand() {}

    /// QEMU that boots one capsule.
    static List<String> capsule(
            String program, Accel.Kind accel, long tscKhz, VmSpec spec, DiskRate rate) {
        var argv = machine(program, accel, spec.vcpus(), spec.memory().mib());
        argv.addAll(kernel(cmdline(accel, tscKhz, "quiet " + spec.extraCmdline())));
        argv.addAll(devices(spec, rate));
        return argv;
    }

    /// QEMU that waits for the saved state of one capsule: the same machine, without what a boot
    /// needs. The state has no section about the configuration, as it is written for Xen.
    static List<String> restored(String program, Accel.Kind accel, VmSpec spec, DiskRate rate) {
        var argv = machine(program, accel, spec.vcpus(), spec.memory().mib());
        argv.addAll(devices(spec, rate));
        argv.addAll(
                List.of("-S", "-global", "migration.send-configuration=off", "-incoming", "defer"));
        return argv;
    }

    private static List<String> kernel(String cmdline) {
        return List.of(
                "-kernel",
                "/proc/self/fd/" + KERNEL,
                "-initrd",
                "/proc/self/fd/" + INITRAMFS,
                "-append",
                cmdline);
    }

    /// The order decides on the places of the devices, which a saved state refers to.
    private static List<String> devices(VmSpec spec, DiskRate rate) {
        return List.of(
                NAME,
                spec.id().toString(),
                "-add-fd",
                "fd=" + DISK + ",set=1",
                "-add-fd",
                "fd=" + DISK_READ_ONLY + ",set=1",
                "-drive",
                "id=d0,if=none," + disk(spec) + rate.qemuOptions(),
                "-device",
                "virtio-blk-device,drive=d0",
                "-netdev",
                "tap,id=n0,fd=" + TAP,
                "-device",
                "virtio-net-device,netdev=n0,mac=" + spec.guestMac(),
                "-object",
                "rng-random,id=r0,filename=/dev/urandom",
                "-device",
                "virtio-rng-device,rng=r0",
                "-chardev",
                "socket,id=q,fd=" + CONTROL + ",server=on,wait=off",
                "-mon",
                "chardev=q,mode=control",
                "-chardev",
                "ringbuf,id=" + CONSOLE + ",size=" + CONSOLE_BYTES,
                "-serial",
                "chardev:" + CONSOLE,
                // a guest that ends stays until its console was read
                "-action",
                "reboot=shutdown,shutdown=pause");
    }

    /// A served disk is asked for again while nobody serves it, so that an agent can start anew.
    private static String disk(VmSpec spec) {
        var common = "node-name=" + DISK_NODE + ",cache=writeback,discard=unmap";
        return spec.served()
                .map(socket ->
                        "driver=raw,file.driver=nbd,file.server.type=unix,file.server.path="
                                + socket.toString().replace(",", ",,")
                                + ",file.reconnect-delay="
                                + UNSERVED_SECONDS
                                + ","
                                + common)
                .orElse("file=/dev/fdset/1,format=raw,aio=threads," + common);
    }

    /// QEMU that only boots kernel and initramfs and tells on its standard output how far it comes.
    static List<String> probe(String program, Accel.Kind accel, long tscKhz) {
        var argv = machine(program, accel, 1, 128);
        argv.addAll(kernel(cmdline(accel, tscKhz, "loglevel=7")));
        argv.addAll(List.of("-serial", "stdio", "-no-reboot"));
        return argv;
    }

    private static ArrayList<String> machine(
            String program, Accel.Kind accel, int vcpus, long memoryMib) {
        return new ArrayList<>(
                List.of(
                        program,
                        "-nodefaults",
                        "-no-user-config",
                        "-display",
                        "none",
                        "-M",
                        MACHINE,
                        "-accel",
                        accel == Accel.Kind.KVM
                                ? "kvm"
                                : "tcg,thread=multi,tb-size=" + TRANSLATED_MIB,
                        "-cpu",
                        accel == Accel.Kind.KVM ? "host" : EMULATED_CPU,
                        "-smp",
                        Integer.toString(vcpus),
                        "-m",
                        Long.toString(memoryMib),
                        "-object",
                        "memory-backend-ram,id=ram,size=" + memoryMib + "M",
                        "-sandbox",
                        SANDBOX));
    }

    /// An emulated guest must be told the frequency of its time stamp counter, or some boots wait
    /// for ever for a timer that is not wired.
    private static String cmdline(Accel.Kind accel, long tscKhz, String more) {
        var clock =
                accel == Accel.Kind.TCG
                        ? "tsc_early_khz=" + tscKhz + " tsc=reliable no_timer_check "
                        : "";
        return GuestCmdline.COMMON + "reboot=t " + clock + more;
    }
}
