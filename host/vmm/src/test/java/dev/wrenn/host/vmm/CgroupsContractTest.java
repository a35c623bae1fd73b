package dev.wrenn.host.vmm;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// The kernel's own control groups, of whichever version this machine has; needs root.
class CgroupsContractTest {
    private static final int UID = 700_000 + 40_001; // above those of slots
    private static final long MIB = 1 << 20;
    private static final File DISCARDED = new File("/dev/null");

    private Cgroups cgroups;

    @BeforeEach
    void open() {
        Assumptions.assumeTrue(System.getProperty("user.name").equals("root"), "needs root");
        cgroups = Cgroups.open();
        Assumptions.assumeTrue(cgroups.controllers().contains("memory"), "needs control groups");
    }

    /// Fault: a process that takes more memory than it may.
    @Test
    void whoTakesTooMuchIsEndedAndThatIsKnown() throws Exception {
        // it begins when it is told to, in its group
        var process = silent("sh", "-c", "read go; exec tail /dev/zero").start();
        try {
            cgroups.limit((int) process.pid(), UID, new Cgroups.Limits(1, 32 * MIB));
            assertThat(Files.readString(Path.of("/proc/" + process.pid() + "/cgroup")))
                    .contains("/wrenn/vm-" + UID);
            assertThat(cgroups.ranOutOfMemory(UID)).isFalse();
            try (var in = process.outputWriter()) {
                in.write("go\n");
            }
            assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
            assertThat(process.exitValue()).isEqualTo(128 + 9);
            assertThat(cgroups.ranOutOfMemory(UID)).isTrue();
        } finally {
            process.destroyForcibly().waitFor();
            cgroups.remove(UID);
        }
        assertThat(cgroups.ranOutOfMemory(UID)).as("nothing is left of it").isFalse();
    }

    /// Leaves no pipe to be closed some time later.
    private static ProcessBuilder silent(String... command) {
        return new ProcessBuilder(command)
                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .redirectError(ProcessBuilder.Redirect.DISCARD);
    }

    @Test
    void processesAreCountedAndProcessorsShared() throws Exception {
        var process = silent("sleep", "60").redirectInput(DISCARDED).start();
        try {
            cgroups.limit((int) process.pid(), UID, new Cgroups.Limits(2, 64 * MIB));
            var limits = cgroups.read(UID);
            assertThat(limits).contains("cpu 2.5", "pids 256");
            assertThat(limits).anyMatch(limit -> limit.equals("memory " + 64 * MIB));
        } finally {
            process.destroyForcibly().waitFor();
            cgroups.remove(UID);
        }
        assertThat(cgroups.read(UID)).isEmpty();
    }

    @Test
    void whoYieldsRunsWhenNobodyElseWantsToAndHasItsShareAgain() throws Exception {
        var process = silent("sleep", "60").redirectInput(DISCARDED).start();
        try {
            cgroups.limit((int) process.pid(), UID, new Cgroups.Limits(2, 64 * MIB));
            var group = group((int) process.pid());
            Assumptions.assumeTrue(Files.exists(group.resolve("cpu.idle")), "needs Linux 5.15");
            var weight =
                    group.resolve(
                            Files.exists(group.resolve("cpu.shares"))
                                    ? "cpu.shares"
                                    : "cpu.weight");
            var share = Files.readString(weight);
            cgroups.yields(UID, 2, true);
            assertThat(group.resolve("cpu.idle")).hasContent("1");
            assertThat(Files.readString(weight)).isNotEqualTo(share);
            cgroups.yields(UID, 2, true);
            cgroups.yields(UID, 2, false);
            assertThat(group.resolve("cpu.idle")).hasContent("0");
            assertThat(Files.readString(weight)).isEqualTo(share);
            cgroups.yields(UID, 2, false);
            // the next VM with this user id does not inherit it
            cgroups.yields(UID, 2, true);
            cgroups.limit((int) process.pid(), UID, new Cgroups.Limits(2, 64 * MIB));
            assertThat(group.resolve("cpu.idle")).hasContent("0");
            assertThat(Files.readString(weight)).isEqualTo(share);
        } finally {
            process.destroyForcibly().waitFor();
            cgroups.remove(UID);
        }
        cgroups.yields(UID, 2, true); // of one that has ended: nothing
    }

    /// Where its processor time is shared out.
    private static Path group(int pid) throws IOException {
        for (var line : Files.readAllLines(Path.of("/proc/" + pid + "/cgroup"))) {
            var words = line.split(":", 3);
            var controllers = List.of(words[1].split(","));
            if (controllers.contains("cpu")) return Path.of("/sys/fs/cgroup", words[1], words[2]);
            if (words[1].isEmpty() && words[2].startsWith("/wrenn/"))
                return Path.of("/sys/fs/cgroup", words[2]);
        }
        throw new IllegalStateException("no group of " + pid);
    }

    @Test
    void aHostWithoutControllersDoesWithout(@TempDir Path dir) throws IOException {
        var none = Cgroups.open(List.of("tmpfs /run tmpfs rw 0 0", "odd line"));
        assertThat(none.controllers()).isEmpty();
        none.limit((int) ProcessHandle.current().pid(), UID, new Cgroups.Limits(1, MIB));
        assertThat(none.ranOutOfMemory(UID)).isFalse();
        none.remove(UID);
        // version 2 without what is wanted is not used
        Files.writeString(dir.resolve("cgroup.controllers"), "hugetlb misc");
        var mounts = List.of("cgroup2 " + dir + " cgroup2 rw 0 0");
        assertThat(Cgroups.open(mounts).controllers()).isEmpty();
        assertThat(dir.resolve("wrenn")).doesNotExist();
    }
}
