package dev.wrenn.host.vmm;

import dev.wrenn.common.runtime.Teardown;
import dev.wrenn.host.linux.Fd;
import dev.wrenn.host.linux.Posix;
import dev.wrenn.host.linux.UnixSockets;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// What one QEMU inherits.
///
/// @param descriptors in the order of their numbers there; what is not used is `/dev/null`
/// @param environment all of it
record Inheritance(List<Fd> descriptors, Map<String, String> environment) {
    private static final Path NULL = Path.of("/dev/null");
    private static final Path USERFAULT = Path.of("/dev/userfaultfd");

    Inheritance {
        descriptors = List.copyOf(descriptors);
        environment = Map.copyOf(environment);
    }

    /// Opens everything for one VM; files of an earlier try in its working directory are replaced.
    ///
    /// @param ramshim the library; null when there is none
    /// @param deviceState what to restore; null for a boot
    /// @param opened closes what was opened here
    static Inheritance open(
            VmSpec spec, @Nullable Path ramshim, @Nullable Path deviceState, Teardown opened)
            throws IOException {
        var nothing = opened.add(Posix.open(NULL, Posix.O_RDWR));
        var numbers = new Fd[QemuCommand.DESCRIPTORS];
        Arrays.fill(numbers, nothing);
        int append = Posix.O_WRONLY | Posix.O_CREAT | Posix.O_APPEND;
        var messages =
                opened.add(Posix.open(spec.workDir().resolve(QemuVmm.MESSAGES), append, 0600));
        numbers[1] = messages;
        numbers[2] = messages;
        if (deviceState == null) {
            numbers[QemuCommand.KERNEL] = opened.add(openReadable(spec.kernel()));
            numbers[QemuCommand.INITRAMFS] = opened.add(openReadable(spec.initramfs()));
        } else {
            numbers[QemuCommand.DEVICE_STATE] = opened.add(Posix.open(deviceState, Posix.O_RDONLY));
        }
        numbers[QemuCommand.DISK] = opened.add(Posix.open(spec.disk(), Posix.O_RDWR));
        numbers[QemuCommand.DISK_READ_ONLY] = opened.add(Posix.open(spec.disk(), Posix.O_RDONLY));
        numbers[QemuCommand.TAP] = spec.tap();
        var socket = spec.workDir().resolve(QemuVmm.SOCKET);
        Files.deleteIfExists(socket);
        Files.deleteIfExists(new FirecrackerFiles(spec.workDir()).log()); // says whose VM it is
        numbers[QemuCommand.CONTROL] = opened.add(UnixSockets.listen(socket, 0600));
        Files.deleteIfExists(spec.workDir().resolve(RamReport.FILE));
        var environment = new LinkedHashMap<>(QemuCommand.ENVIRONMENT);
        if (ramshim != null) preload(spec, ramshim, numbers, environment, opened);
        return new Inheritance(Arrays.asList(numbers), environment);
    }

    /// The variables are described in ramshim's own documentation.
    private static void preload(
            VmSpec spec,
            Path ramshim,
            Fd[] numbers,
            Map<String, String> environment,
            Teardown opened)
            throws IOException {
        numbers[QemuCommand.RAMSHIM] = opened.add(openReadable(ramshim));
        environment.put("LD_PRELOAD", "/proc/self/fd/" + QemuCommand.RAMSHIM);
        environment.put("RAMSHIM_SIZE", Long.toString(spec.memory().bytes()));
        int create = Posix.O_WRONLY | Posix.O_CREAT | Posix.O_EXCL;
        var report = spec.workDir().resolve(RamReport.FILE);
        numbers[QemuCommand.RAM_REPORT] = opened.add(Posix.open(report, create, 0600));
        environment.put("RAMSHIM_REPORT_FD", Integer.toString(QemuCommand.RAM_REPORT));
        if (Files.exists(USERFAULT)) { // since Linux 6.1; without it writes are not tracked
            numbers[QemuCommand.USERFAULT] = opened.add(Posix.open(USERFAULT, Posix.O_RDWR));
            environment.put("RAMSHIM_UFFD_DEV_FD", Integer.toString(QemuCommand.USERFAULT));
        }
        var source = Integer.toString(QemuCommand.MEMORY);
        switch (spec.source()) {
            case MemorySource.Fresh() -> environment.put("RAMSHIM_MODE", "track");
            case MemorySource.FileMap(var memory) -> {
                numbers[QemuCommand.MEMORY] = opened.add(openMemory(memory, spec));
                environment.put("RAMSHIM_MODE", "file");
                environment.put("RAMSHIM_MEM_FD", source);
            }
            case MemorySource.Pager(var socket) -> {
                numbers[QemuCommand.MEMORY] = socket;
                environment.put("RAMSHIM_MODE", "uffd");
                environment.put("RAMSHIM_SOCK_FD", source);
            }
        }
    }

    /// Pages behind the end of a file would kill the VM when it touches them.
    private static Fd openMemory(Path memory, VmSpec spec) throws IOException {
        long size = Files.size(memory);
        if (size != spec.memory().bytes())
            throw new IOException(
                    memory + ": " + size + " bytes (expected: " + spec.memory().bytes() + ")");
        return Posix.open(memory, Posix.O_RDONLY);
    }

    /// Opens what the VM's user opens once more through `/proc/self/fd`: the file itself must be
    /// readable for all; the directories above it need not be.
    static Fd openReadable(Path file) {
        try {
            var permissions = Files.getPosixFilePermissions(file);
            if (permissions.add(PosixFilePermission.OTHERS_READ))
                Files.setPosixFilePermissions(file, permissions);
            return Posix.open(file, Posix.O_RDONLY);
        } catch (IOException e) {
            throw new VmmException(file + " cannot be made readable: " + e.getMessage(), e);
        }
    }
}
