package dev.wrenn.host.vmm;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ControllersTest {
    @TempDir Path point;

    private String second(String controllers) throws Exception {
        Files.writeString(point.resolve("cgroup.controllers"), controllers + "\n");
        return "cgroup2 " + point + " cgroup2 rw,nosuid 0 0";
    }

    @Test
    void versionTwoHasThemAllOrCountsForNothing() throws Exception {
        assertThat(Controllers.missing(List.of(second("cpuset cpu io memory pids")))).isEmpty();
        assertThat(Controllers.missing(List.of(second("cpu memory"))))
                .containsExactly("cpu", "memory", "pids");
        assertThat(Controllers.missing(List.of(second("")))).hasSize(3);
    }

    @Test
    void versionOneHasEachByItself() throws Exception {
        var mounts =
                List.of(
                        second("hugetlb"),
                        "cgroup /sys/fs/cgroup/cpu cgroup rw,relatime,cpu,cpuacct 0 0",
                        "cgroup /sys/fs/cgroup/pids cgroup rw,pids 0 0",
                        "tmpfs /memory tmpfs rw,memory 0 0");
        assertThat(Controllers.missing(mounts)).containsExactly("memory");
        assertThat(Controllers.missing(List.of())).containsExactly("cpu", "memory", "pids");
    }
}
