package dev.wrenn.host.vmm;

import dev.wrenn.host.linux.Posix;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/// What one Firecracker has in its VM's working directory. Outside it belongs to the VM's user;
/// inside it is at paths that are the same for every VM, because a saved VM knows them.
final class FirecrackerFiles {
    /// The folder inside; Firecracker makes its control socket there, nothing else.
    static final Path ROOM = Path.of("/vm");

    static final Path SOCKET = ROOM.resolve("api.sock");
    static final Path LOG = ROOM.resolve("log");
    static final Path METRICS = ROOM.resolve("metrics");
    static final Path DISK = ROOM.resolve("disk");
    static final Path KERNEL = ROOM.resolve("kernel");
    static final Path INITRAMFS = ROOM.resolve("initramfs");
    static final Path STATE = ROOM.resolve("state");
    static final Path MEMORY = ROOM.resolve("memory");
    static final Path SAVED_STATE = ROOM.resolve("saved-state");
    static final Path SAVED_MEMORY = ROOM.resolve("saved-memory");
    static final Path PAGER = ROOM.resolve("pager.sock");

    private static final String MARK = "fc.log";
    private static final int OWN = 0600;

    private final Path workDir;

    FirecrackerFiles(Path workDir) {
        this.workDir = workDir;
    }

    /// True when a Firecracker was started with this working directory.
    static boolean isIn(Path workDir) {
        return Files.exists(workDir.resolve(MARK));
    }

    Path log() {
        return workDir.resolve(MARK);
    }

    Path metrics() {
        return workDir.resolve("fc.metrics");
    }

    Path console() {
        return workDir.resolve("fc.console");
    }

    Path state() {
        return workDir.resolve("fc.state");
    }

    Path memory() {
        return workDir.resolve("fc.memory");
    }

    Path pager() {
        return workDir.resolve("fc.pager.sock");
    }

    /// Standard error, as of any VMM.
    Path messages() {
        return workDir.resolve(QemuVmm.MESSAGES);
    }

    /// Makes everything anew; what an earlier try left is replaced.
    void make(int uid) throws IOException {
        for (var pipe : List.of(log(), metrics(), console())) {
            Files.deleteIfExists(pipe);
            Posix.mkfifo(pipe, OWN);
            give(pipe, uid);
        }
        for (var file : List.of(state(), memory())) {
            Files.deleteIfExists(file);
            Posix.open(file, Posix.O_WRONLY | Posix.O_CREAT | Posix.O_EXCL, OWN).close();
            give(file, uid);
        }
    }

    /// Hands a file to a VM's user.
    static void give(Path file, int uid) throws IOException {
        Files.setAttribute(file, "unix:uid", uid);
        Files.setAttribute(file, "unix:gid", uid);
    }
}
