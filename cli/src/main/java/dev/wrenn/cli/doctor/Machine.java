package dev.wrenn.cli.doctor;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.wrenn.cli.DataDir;
import dev.wrenn.cli.instance.Instances;
import dev.wrenn.common.runtime.Env;
import dev.wrenn.common.runtime.Env.ConfigException;
import dev.wrenn.control.objects.S3Objects;
import dev.wrenn.control.objects.S3Problem;
import dev.wrenn.control.server.ObjectsConfig;
import dev.wrenn.host.vmm.Controllers;
import dev.wrenn.host.vmm.FirecrackerConfig;
import dev.wrenn.host.vmm.FirecrackerVmm;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;

/// Looks at the machine; changes nothing on it.
final class Machine {
    private static final long NEEDED_DISK_MB = 4096; // build, images, database and a few capsules
    private static final long NEEDED_MEMORY_MB = 1536; // services and one capsule of 512 MB
    private static final int COMMAND_SECONDS = 10;
    private static final String OBJECT_STORE = "object store";

    private final DataDir data;
    private final int port;

    Machine(DataDir data, int port) {
        this.data = data;
        this.port = port;
    }

    List<Check> checks() {
        var checks = new ArrayList<Check>();
        boolean root = "root".equals(System.getProperty("user.name"));
        checks.add(
                Check.of(root, "root", "yes", "run as root: up makes namespaces, mounts and VMs"));
        checks.add(kvm());
        checks.add(firecracker(System.getenv()));
        checks.add(device("/dev/net/tun", "modprobe tun; in a container: pass the device through"));
        checks.add(
                device(
                        "/dev/loop-control",
                        "modprobe loop; without it images are copied instead of shared"));
        checks.add(fileSystem());
        checks.add(
                command(
                        "nftables",
                        "rules can be listed",
                        "modprobe nf_tables, and run as root",
                        "nft",
                        "list",
                        "tables"));
        checks.add(
                command(
                        "network namespaces",
                        "with veth, tap and bridges to the host",
                        "the kernel needs NET_NS, VETH and TUN, and this process CAP_SYS_ADMIN",
                        "unshare",
                        "--net",
                        "sh",
                        "-c",
                        "ip link add wrenn0 type veth peer name wrenn1 && ip tuntap add wrenn2 mode tap"));
        checks.add(ipForward());
        checks.add(disk());
        checks.add(memory());
        checks.add(port());
        checks.add(userfaultfd());
        checks.add(pagemapScan(System.getProperty("os.version", "")));
        checks.add(controlGroups(Controllers.missing()));
        bucket(new Env(System.getenv())).ifPresent(checks::add);
        return checks;
    }

    /// Whether the bucket that the control plane is to keep images in can be used; empty when it is
    /// to keep them in a directory.
    static Optional<Check> bucket(Env env) {
        try {
            if (!(ObjectsConfig.of(env).orElse(null) instanceof ObjectsConfig.Bucket(var settings)))
                return Optional.empty();
            try (var objects = new S3Objects(settings)) {
                var problem = objects.check().map(S3Problem::sentence);
                return Optional.of(
                        Check.of(
                                problem.isEmpty(),
                                OBJECT_STORE,
                                "objects can be listed, written, read and deleted",
                                problem.orElse("")));
            }
        } catch (ConfigException e) {
            return Optional.of(Check.of(false, OBJECT_STORE, "", String.valueOf(e.getMessage())));
        }
    }

    private static Check kvm() {
        var device = Path.of("/dev/kvm");
        if (!Files.exists(device))
            return Check.info("KVM", "no /dev/kvm: capsules are emulated, slower but as isolated");
        if (!Files.isWritable(device))
            return Check.info("KVM", "/dev/kvm is not writable: capsules are emulated");
        return Check.info("KVM", "/dev/kvm is there; the probe below says whether it is used");
    }

    /// Whether Firecracker can be used, and whether anyone wants to.
    static Check firecracker(Map<String, String> environment) {
        var program = environment.getOrDefault("WRENN_FIRECRACKER_BIN", "firecracker");
        var wish = environment.getOrDefault("WRENN_VMM", "qemu");
        var problem = FirecrackerVmm.problem(FirecrackerConfig.defaults(program, Path.of("")));
        if (wish.equals("firecracker"))
            return Check.of(problem.isEmpty(), "Firecracker", "can be used", problem.orElse(""));
        return Check.info(
                "Firecracker",
                problem.map(words -> "not used: " + words)
                        .orElse(
                                wish.equals("auto")
                                        ? "used when it boots the guests' kernel"
                                        : "not used: WRENN_VMM is " + wish));
    }

    private static Check device(String path, String fix) {
        var device = Path.of(path);
        return Check.of(Files.isReadable(device) && Files.isWritable(device), path, "usable", fix);
    }

    private static Check fileSystem() {
        boolean known =
                read("/proc/filesystems").contains("\txfs\n")
                        || run("modprobe", "--dry-run", "xfs").isEmpty();
        return known
                ? new Check(Check.Verdict.OK, "XFS", "disks of capsules share their blocks")
                : Check.info("XFS", "the kernel has no XFS: disks are copied, which takes longer");
    }

    private static Check command(String name, String found, String fix, String... command) {
        var said = run(command);
        return Check.of(
                said.isEmpty(), name, found, fix + said.map(s -> " (" + s + ")").orElse(""));
    }

    private static Check ipForward() {
        var setting = "/proc/sys/net/ipv4/ip_forward";
        boolean on = read(setting).strip().equals("1");
        return Check.of(
                on || Files.isWritable(Path.of(setting)),
                "IPv4 forwarding",
                on ? "on" : "off now, up turns it on",
                "off and not changeable here: sysctl -w net.ipv4.ip_forward=1");
    }

    private Check disk() {
        var directory = data.root();
        while (directory != null && !Files.isDirectory(directory))
            directory = directory.getParent();
        if (directory == null) return Check.info("disk", "no directory above " + data.root());
        long free = directory.toFile().getUsableSpace() >> 20;
        return Check.of(
                free >= NEEDED_DISK_MB,
                "disk",
                free + " MB free in " + directory,
                free + " MB free in " + directory + ", " + NEEDED_DISK_MB + " MB are needed");
    }

    private static Check memory() {
        var match = Pattern.compile("MemAvailable: +(\\d{1,15}) kB").matcher(read("/proc/meminfo"));
        if (!match.find()) return Check.info("memory", "/proc/meminfo does not say");
        long free = Long.parseLong(match.group(1)) >> 10;
        return Check.of(
                free >= NEEDED_MEMORY_MB,
                "memory",
                free + " MB available",
                free + " MB available, " + NEEDED_MEMORY_MB + " MB are needed");
    }

    private Check port() {
        if (Instances.isUp(data)) return Check.info("port " + port, "this instance is up");
        return Check.of(
                Instances.isPortFree(port),
                "port " + port,
                "free",
                "in use by another program: give up --port another number");
    }

    private static Check userfaultfd() {
        boolean device = Files.exists(Path.of("/dev/userfaultfd"));
        boolean call = Files.exists(Path.of("/proc/sys/vm/unprivileged_userfaultfd"));
        return Check.info(
                "userfaultfd",
                device || call ? "available" : "not in this kernel: no lazy restore");
    }

    /// PAGEMAP_SCAN came with Linux 6.7, ioctl(2) in <linux/fs.h>.
    static Check pagemapScan(String release) {
        var match = Pattern.compile("^(\\d{1,4})\\.(\\d{1,4})").matcher(release);
        boolean known =
                match.find()
                        && (Integer.parseInt(match.group(1)) > 6
                                || (Integer.parseInt(match.group(1)) == 6
                                        && Integer.parseInt(match.group(2)) >= 7));
        return Check.info(
                "PAGEMAP_SCAN", (known ? "available" : "needs Linux 6.7") + ", kernel " + release);
    }

    /// What keeps one VM from taking the host; without it only placement does.
    static Check controlGroups(List<String> missing) {
        return Check.info(
                "control groups",
                missing.isEmpty()
                        ? "processors, memory and processes of each VM are limited"
                        : "no "
                                + String.join(", ", missing)
                                + ": VMs are not limited by that; mount cgroup2 with these"
                                + " controllers");
    }

    private static String read(String file) {
        try {
            return Files.readString(Path.of(file), UTF_8);
        } catch (IOException e) {
            return "";
        }
    }

    /// @return empty when it succeeded, else what it said
    private static java.util.Optional<String> run(String... command) {
        try {
            var process = new ProcessBuilder(command).redirectErrorStream(true).start();
            process.getOutputStream().close();
            if (!process.waitFor(COMMAND_SECONDS, TimeUnit.SECONDS)) {
                process.destroyForcibly();
                return java.util.Optional.of("no answer in " + COMMAND_SECONDS + " s");
            }
            if (process.exitValue() == 0) return java.util.Optional.empty();
            var said = new String(process.getInputStream().readAllBytes(), UTF_8).strip();
            return java.util.Optional.of(said.lines().findFirst().orElse("it failed silently"));
        } catch (IOException e) {
            return java.util.Optional.of(String.valueOf(e.getMessage()));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return java.util.Optional.of("interrupted");
        }
    }
}
