package dev.wrenn.host.agent;

import dev.wrenn.common.runtime.Env;
import dev.wrenn.common.runtime.Secret;
import dev.wrenn.host.capsule.CapsuleConfig;
import dev.wrenn.host.vmm.DiskRate;
import dev.wrenn.host.vmm.VmmChoice;
import dev.wrenn.host.vmm.VmmConfig;
import java.net.InetAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// Settings of the host agent, from its environment.
///
/// @param dataDir `WRENN_DIR`: images, kernels, sandboxes
/// @param address `WRENN_HOST_LISTEN_ADDR`, host part
/// @param port the same, port part; 0: any free one
/// @param identity how it proves to control planes which host it is
/// @param accel `WRENN_ACCEL`: auto, kvm or tcg
/// @param vmm `WRENN_VMM`: qemu, firecracker, or auto: Firecracker where it runs guests, else QEMU
/// @param firecracker `WRENN_FIRECRACKER_BIN`: name or path of Firecracker
/// @param slotPool `WRENN_SLOT_POOL`: network slots kept ready, 0..64
/// @param memoryOvercommit `WRENN_MEMORY_OVERCOMMIT`: promised memory as a multiple of the host's
/// @param vcpuOvercommit `WRENN_VCPU_OVERCOMMIT`: promised vCPUs as a multiple of the host's
/// @param diskReserveMib `WRENN_DISK_RESERVE_MB`: space that stays free
/// @param disk `WRENN_DISK_MIB_S` and `WRENN_DISK_IOPS`: how fast each capsule may use its disk
/// @param guestDns `WRENN_GUEST_DNS`: addresses, separated by commas
/// @param bootLimit `WRENN_HOST_BOOT_LIMIT`: until a guest must answer
/// @param vmjail `WRENN_VMJAIL`: the launcher that puts up the walls around each VMM
/// @param ramshim `WRENN_RAMSHIM`: the library that hands guest memory over; null: capsules boot
///   and can be paused, but not resumed
/// @param restore `WRENN_RESTORE`: auto, or pager for every image
/// @param warmImages `WRENN_WARM`: `off`, `on` (16), or how many warm images are kept, 0..1024
/// @param waitingVms `WRENN_WAITING_VMS`: `off`, `auto` (one for each processor, at least 2, at
///   most 8), or how many VMs wait for creates at most, 0..64
public record AgentConfig(
        Path dataDir,
        String address,
        int port,
        Identity identity,
        VmmConfig.Mode accel,
        VmmChoice vmm,
        String firecracker,
        int slotPool,
        double memoryOvercommit,
        double vcpuOvercommit,
        int diskReserveMib,
        DiskRate disk,
        List<InetAddress> guestDns,
        Duration bootLimit,
        Path vmjail,
        @Nullable Path ramshim,
        CapsuleConfig.Restore restore,
        int warmImages,
        int waitingVms) {
    private static final int DEFAULT_WARM = 16;
    private static final Path DEFAULT_DIR = Path.of("/var/lib/wrenn");
    private static final Path DEFAULT_VMJAIL = Path.of("/usr/lib/wrenn/vmjail");
    private static final String DEFAULT_DNS = "8.8.8.8,8.8.4.4";
    // Guests under emulation boot in seconds, twenty at once on two cores in a minute.
    private static final Duration DEFAULT_BOOT_LIMIT = Duration.ofSeconds(120);

    /// What an agent proves itself with.
    public sealed interface Identity {
        /// It registers and renews what it gets.
        record Fleet(FleetConfig config) implements Identity {}

        /// Files that somebody else makes and renews; it tells no control plane that it is alive.
        ///
        /// @param certificate `WRENN_TLS_CERT`, PEM
        /// @param key `WRENN_TLS_KEY`, PKCS#8 PEM
        /// @param authority `WRENN_TLS_CA`, PEM
        record Given(Path certificate, Path key, Path authority) implements Identity {}
    }

    public AgentConfig {
        guestDns = List.copyOf(guestDns);
    }

    /// @throws Env.ConfigException naming the variable, its value and what was expected
    public static AgentConfig from(Map<String, String> environment) {
        var env = new Env(environment);
        var listen = env.text("WRENN_HOST_LISTEN_ADDR", "127.0.0.1:0");
        int colon = listen.lastIndexOf(':');
        var config =
                new AgentConfig(
                        env.path("WRENN_DIR", DEFAULT_DIR).toAbsolutePath().normalize(),
                        host(listen, colon),
                        port(listen, colon),
                        identity(env, listen),
                        accel(env.text("WRENN_ACCEL", "auto")),
                        vmm(env.text("WRENN_VMM", "qemu")),
                        env.text("WRENN_FIRECRACKER_BIN", "firecracker"),
                        env.integer("WRENN_SLOT_POOL", 24, 0, 64),
                        decimal(env, "WRENN_MEMORY_OVERCOMMIT", 1.5, 0.1, 10),
                        decimal(env, "WRENN_VCPU_OVERCOMMIT", 32, 1, 64),
                        env.integer("WRENN_DISK_RESERVE_MB", 1024, 0, 1 << 20),
                        disk(env),
                        addresses(env.text("WRENN_GUEST_DNS", DEFAULT_DNS)),
                        env.duration("WRENN_HOST_BOOT_LIMIT", DEFAULT_BOOT_LIMIT),
                        env.path("WRENN_VMJAIL", DEFAULT_VMJAIL),
                        env.optional("WRENN_RAMSHIM").map(Path::of).orElse(null),
                        restore(env.text("WRENN_RESTORE", "auto")),
                        warm(env),
                        waiting(env));
        env.rejectUnknown("WRENN_HOST_");
        env.rejectUnknown("WRENN_SLOT_");
        return config;
    }

    /// Whether saved memory can be given to a VMM at all.
    public boolean canRestore() {
        return ramshim != null;
    }

    /// The same, with a token to register with.
    AgentConfig registering(Secret token) {
        if (!(identity instanceof Identity.Fleet(var fleet)))
            throw new Env.ConfigException("--register: not with WRENN_TLS_CERT");
        return new AgentConfig(
                dataDir,
                address,
                port,
                new Identity.Fleet(fleet.registering(token)),
                accel,
                vmm,
                firecracker,
                slotPool,
                memoryOvercommit,
                vcpuOvercommit,
                diskReserveMib,
                disk,
                guestDns,
                bootLimit,
                vmjail,
                ramshim,
                restore,
                warmImages,
                waitingVms);
    }

    private static Identity identity(Env env, String listen) {
        var certificate = env.optional("WRENN_TLS_CERT");
        if (certificate.isEmpty()) return new Identity.Fleet(FleetConfig.of(env, listen));
        return new Identity.Given(
                Path.of(certificate.get()),
                Path.of(env.required("WRENN_TLS_KEY")),
                Path.of(env.required("WRENN_TLS_CA")));
    }

    private static CapsuleConfig.Restore restore(String word) {
        return switch (word) {
            case "auto" -> CapsuleConfig.Restore.AUTO;
            case "pager" -> CapsuleConfig.Restore.PAGER;
            default -> throw wrong("WRENN_RESTORE", word, "auto or pager");
        };
    }

    private static DiskRate disk(Env env) {
        long mib = env.integer("WRENN_DISK_MIB_S", 256, 0, 1 << 20);
        int operations = env.integer("WRENN_DISK_IOPS", 10_000, 0, 100_000_000);
        try {
            return new DiskRate(mib << 20, operations);
        } catch (IllegalArgumentException e) {
            throw wrong("WRENN_DISK_IOPS", Integer.toString(operations), "0, or 100..100000000");
        }
    }

    private static int warm(Env env) {
        return switch (env.text("WRENN_WARM", "on")) {
            case "on" -> DEFAULT_WARM;
            case "off" -> 0;
            default -> env.integer("WRENN_WARM", DEFAULT_WARM, 0, 1024);
        };
    }

    private static int waiting(Env env) {
        return switch (env.text("WRENN_WAITING_VMS", "auto")) {
            case "auto" -> Math.clamp(Runtime.getRuntime().availableProcessors(), 2, 8);
            case "off" -> 0;
            default -> env.integer("WRENN_WAITING_VMS", 0, 0, 64);
        };
    }

    private static String host(String listen, int colon) {
        if (colon <= 0) throw wrong("WRENN_HOST_LISTEN_ADDR", listen, "host:port");
        return listen.substring(0, colon);
    }

    private static int port(String listen, int colon) {
        try {
            int port = Integer.parseInt(listen.substring(colon + 1));
            if (port >= 0 && port <= 65_535) return port;
        } catch (NumberFormatException e) {
            // answered below together with numbers out of bounds
        }
        throw wrong("WRENN_HOST_LISTEN_ADDR", listen, "host:port, port 0..65535");
    }

    private static VmmConfig.Mode accel(String word) {
        try {
            return VmmConfig.Mode.parse(word);
        } catch (IllegalArgumentException e) {
            throw wrong("WRENN_ACCEL", word, "auto, kvm or tcg");
        }
    }

    private static VmmChoice vmm(String word) {
        try {
            return VmmChoice.parse(word);
        } catch (IllegalArgumentException e) {
            throw wrong("WRENN_VMM", word, "qemu, firecracker or auto");
        }
    }

    private static double decimal(
            Env env, String name, double fallback, double least, double most) {
        var text = env.optional(name);
        if (text.isEmpty()) return fallback;
        try {
            double value = Double.parseDouble(text.get());
            if (value >= least && value <= most) return value;
        } catch (NumberFormatException e) {
            // answered below together with numbers out of bounds
        }
        throw wrong(name, text.get(), least + ".." + most);
    }

    private static List<InetAddress> addresses(String text) {
        try {
            return Arrays.stream(text.split(","))
                    .map(String::strip)
                    .map(InetAddress::ofLiteral)
                    .toList();
        } catch (IllegalArgumentException e) {
            throw wrong("WRENN_GUEST_DNS", text, "addresses, separated by commas");
        }
    }

    private static Env.ConfigException wrong(String name, String value, String expected) {
        return new Env.ConfigException(name + ": " + value + " (expected: " + expected + ")");
    }
}
