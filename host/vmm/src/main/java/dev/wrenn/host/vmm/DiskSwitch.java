package dev.wrenn.host.vmm;

import dev.wrenn.host.linux.ErrnoException;
import dev.wrenn.host.linux.Posix;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/// Gives a QEMU that runs the file of its disk in the place of whoever served it. Requests under
/// way are finished first; the guest notices nothing.
final class DiskSwitch {
    private static final String PLAIN = "plain";

    private DiskSwitch() {}

    /// Doing it again changes nothing.
    ///
    /// @throws VmmException when QEMU does not; the disk is served as before then
    static void toFile(Qmp qemu, Path disk) {
        boolean known =
                qemu.execute("query-named-block-nodes", Map.of("flat", true))
                        .valueStream()
                        .anyMatch(node -> node.path("node-name").asString("").equals(PLAIN));
        if (!known) add(qemu, disk);
        qemu.execute(
                "blockdev-reopen",
                Map.of(
                        "options",
                        List.of(
                                Map.of(
                                        "driver",
                                        "raw",
                                        "node-name",
                                        QemuCommand.DISK_NODE,
                                        "discard",
                                        "unmap",
                                        "file",
                                        PLAIN))));
    }

    private static void add(Qmp qemu, Path disk) {
        try (var both = Posix.open(disk, Posix.O_RDWR);
                var read = Posix.open(disk, Posix.O_RDONLY)) {
            int set = qemu.execute("add-fd", Map.of(), List.of(both)).path("fdset-id").asInt();
            qemu.execute("add-fd", Map.of("fdset-id", set), List.of(read));
            qemu.execute(
                    "blockdev-add",
                    Map.of(
                            "driver",
                            "file",
                            "node-name",
                            PLAIN,
                            "filename",
                            "/dev/fdset/" + set,
                            "aio",
                            "threads",
                            "discard",
                            "unmap"));
        } catch (ErrnoException e) {
            throw new VmmException("disk " + disk + ": " + e.getMessage(), e);
        }
    }
}
