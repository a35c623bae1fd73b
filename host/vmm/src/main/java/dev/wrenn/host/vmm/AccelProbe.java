package dev.wrenn.host.vmm;

import dev.wrenn.common.runtime.AtomicFiles;
import dev.wrenn.common.runtime.Deadline;
import dev.wrenn.common.runtime.Teardown;
import dev.wrenn.host.linux.ErrnoException;
import dev.wrenn.host.linux.Pidfd;
import dev.wrenn.host.linux.Poll;
import dev.wrenn.host.linux.Posix;
import dev.wrenn.host.linux.Spawn;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.json.JsonMapper;

/// Finds out whether KVM works here, by booting the real kernel as the user a VM would have. The
/// device may be there and still not run a stock kernel (nested, filtered, or another
/// architecture's). The result is kept until QEMU, the host's kernel, the guest's kernel or the
/// device change.
final class AccelProbe {
    private static final Logger LOG = LoggerFactory.getLogger(AccelProbe.class);

    private static final JsonMapper JSON = JsonMapper.shared();
    private static final Path KVM = Path.of("/dev/kvm");
    private static final Path NULL = Path.of("/dev/null");
    private static final int PROBE_UID = 700_000; // slots begin at 1, so no VM has it
    private static final Duration BOOT_LIMIT = Duration.ofSeconds(10);
    private static final int MOST_OUTPUT = 256 << 10;

    /// Printed by Linux when its own start is done, init/main.c run_init_process().
    static final String MARKER = "Run /init as init process";

    private final VmmConfig config;
    private final Jail jail;
    private final String qemuVersion;
    private final long tscKhz;
    private final Path memory;

    /// @param memory file for the result
    AccelProbe(VmmConfig config, Jail jail, String qemuVersion, long tscKhz, Path memory) {
        this.config = config;
        this.jail = jail;
        this.qemuVersion = qemuVersion;
        this.tscKhz = tscKhz;
        this.memory = memory;
    }

    /// What was found, and under which circumstances it stays true.
    record Remembered(String circumstances, Accel.Kind kind, String reason) {}

    /// @throws VmmException when KVM is insisted on and cannot be opened
    Accel settle(Path kernel, Path initramfs) {
        return switch (config.mode()) {
            case TCG -> new Accel(Accel.Kind.TCG, "set by configuration");
            case KVM ->
                    access().map(reason -> refuse(reason))
                            .orElseGet(() -> new Accel(Accel.Kind.KVM, "set by configuration"));
            case AUTO ->
                    access().map(reason -> new Accel(Accel.Kind.TCG, reason))
                            .orElseGet(() -> rememberedOrProbed(kernel, initramfs));
        };
    }

    private static Accel refuse(String reason) {
        throw new VmmException("KVM was asked for: " + reason);
    }

    private Accel rememberedOrProbed(Path kernel, Path initramfs) {
        var circumstances = circumstances(kernel, initramfs);
        var known = recall().filter(last -> last.circumstances().equals(circumstances));
        if (known.isPresent()) return new Accel(known.get().kind(), known.get().reason());
        var failure = boot(Accel.Kind.KVM, kernel, initramfs, BOOT_LIMIT);
        var accel =
                failure.map(reason -> new Accel(Accel.Kind.TCG, "KVM is there but " + reason))
                        .orElseGet(() ->
                                new Accel(Accel.Kind.KVM, "the guest kernel boots under KVM"));
        remember(new Remembered(circumstances, accel.kind(), accel.reason()));
        return accel;
    }

    /// Group that opens `/dev/kvm`; null when all may, or when there is no such device.
    static @Nullable Integer kvmGroup() {
        try {
            var mode = mode();
            boolean byGroup = (mode & 0060) == 0060 && (mode & 0006) != 0006;
            return byGroup ? (Integer) Files.getAttribute(KVM, "unix:gid") : null;
        } catch (IOException e) {
            return null;
        }
    }

    private static int mode() throws IOException {
        return (Integer) Files.getAttribute(KVM, "unix:mode");
    }

    /// @return why a VM's user could not open the device; empty when it could
    private static Optional<String> access() {
        try {
            int mode = mode();
            if ((mode & 0006) == 0006 || (mode & 0060) == 0060) return Optional.empty();
            return Optional.of(
                    "/dev/kvm is for its owner only (mode "
                            + Integer.toOctalString(mode & 0777)
                            + "): let a group use it, for example"
                            + " `chgrp kvm /dev/kvm && chmod 660 /dev/kvm`");
        } catch (IOException e) {
            return Optional.of("no /dev/kvm on this machine");
        }
    }

    /// Boots kernel and initramfs without disk and network.
    ///
    /// @return empty when the kernel came up, else why not
    Optional<String> boot(Accel.Kind kind, Path kernel, Path initramfs, Duration limit) {
        var command = QemuCommand.probe(jail.program(), kind, tscKhz);
        var argv = jail.around(PROBE_UID, kind, command);
        try (var fds = new Teardown()) {
            var nothing = fds.add(Posix.open(NULL, Posix.O_RDWR));
            var pipe = fds.add(Posix.pipe());
            var kernelFd = fds.add(Inheritance.openReadable(kernel));
            var initramfsFd = fds.add(Inheritance.openReadable(initramfs));
            var list = List.of(nothing, pipe.writer(), pipe.writer(), kernelFd, initramfsFd);
            var child = Spawn.startFirst(argv, QemuCommand.ENVIRONMENT, list);
            pipe.writer().close();
            try (var pidfd = child.pidfd()) {
                try {
                    return watch(pipe, Deadline.after(limit));
                } finally {
                    pidfd.signal(Pidfd.SIGKILL);
                    pidfd.awaitExit();
                    pidfd.reap();
                }
            }
        } catch (ErrnoException e) {
            return Optional.of("QEMU could not be started: " + e.getMessage());
        }
    }

    private static Optional<String> watch(Posix.Pipe pipe, Deadline deadline) {
        var output = new StringBuilder();
        var buffer = new byte[4096];
        while (output.length() < MOST_OUTPUT) {
            if (!Poll.readable(pipe.reader(), deadline.left()))
                return Optional.of(
                        "the guest kernel does not come up in time; last line: " + last(output));
            int length = Posix.read(pipe.reader(), buffer);
            if (length == 0) return Optional.of("QEMU ends: " + last(output));
            output.append(new String(buffer, 0, length, StandardCharsets.ISO_8859_1));
            if (output.indexOf(MARKER) >= 0) return Optional.empty();
        }
        return Optional.of("the guest kernel talks without end; last line: " + last(output));
    }

    private static String last(StringBuilder output) {
        return output.toString()
                .lines()
                .map(String::strip)
                .filter(line -> !line.isEmpty())
                .reduce((_, line) -> line)
                .orElse("(none)");
    }

    private String circumstances(Path kernel, Path initramfs) {
        try {
            var device = Files.readAttributes(KVM, "unix:rdev,ino,mode,gid,ctime");
            return String.join(
                    " ",
                    "qemu " + config.program() + " " + qemuVersion,
                    "host " + System.getProperty("os.version"),
                    "kernel " + identity(kernel) + " " + identity(initramfs),
                    "device " + new java.util.TreeMap<>(device));
        } catch (IOException e) {
            throw new VmmException("cannot read " + kernel + " or " + KVM, e);
        }
    }

    private static String identity(Path file) throws IOException {
        return file + " " + Files.size(file) + " " + Files.getLastModifiedTime(file).toMillis();
    }

    private Optional<Remembered> recall() {
        try {
            return Optional.of(JSON.readValue(Files.readAllBytes(memory), Remembered.class));
        } catch (IOException | JacksonException e) {
            return Optional.empty(); // none yet, or of another version: probe again
        }
    }

    private void remember(Remembered found) {
        try {
            AtomicFiles.write(memory, JSON.writeValueAsBytes(found));
        } catch (IOException e) {
            LOG.atWarn().addKeyValue("file", memory).setCause(e).log("probe result is not kept");
        }
    }
}
