package dev.wrenn.bench;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

class FloorCommandTest {
    @Test
    void keepsTheMachineAndDropsWhatIsolatesIt() {
        var product =
                List.of(
                        "/usr/bin/qemu",
                        "-nodefaults",
                        "-M",
                        "microvm,acpi=on",
                        "-m",
                        "512",
                        "-kernel",
                        "/proc/self/fd/7",
                        "-append",
                        "quiet tsc=reliable",
                        "-add-fd",
                        "fd=5,set=1",
                        "-drive",
                        "id=d0,if=none,file=/dev/fdset/1,format=raw",
                        "-netdev",
                        "tap,id=n0,fd=6",
                        "-chardev",
                        "socket,id=q,fd=9",
                        "-mon",
                        "chardev=q,mode=control",
                        "-serial",
                        "chardev:c0",
                        "-sandbox",
                        "on",
                        "-no-reboot");

        var floor = FloorCommand.from(product, "/tmp/d", p -> p.replace("/proc/self/fd/7", "/k"));

        assertThat(floor)
                .containsExactly(
                        "/usr/bin/qemu",
                        "-nodefaults",
                        "-M",
                        "microvm,acpi=on",
                        "-m",
                        "512",
                        "-kernel",
                        "/k",
                        "-append",
                        "quiet tsc=reliable",
                        "-drive",
                        "id=d0,if=none,file=/tmp/d,format=raw",
                        "-netdev",
                        "tap,id=n0,ifname=tap0,script=no,downscript=no",
                        "-no-reboot",
                        "-serial",
                        "stdio");
    }

    @Test
    void blockdevGetsTheFloorsDisk() {
        var product = List.of("q", "-blockdev", "driver=file,node-name=f,filename=/dev/fdset/1");
        assertThat(FloorCommand.from(product, "/tmp/d", p -> p))
                .containsSubsequence("-blockdev", "driver=file,node-name=f,filename=/tmp/d");
    }

    @Test
    void aRestoredOneMapsTheImage() {
        var product =
                List.of(
                        "q",
                        "-object",
                        "memory-backend-ram,id=ram,size=256M",
                        "-S",
                        "-global",
                        "migration.send-configuration=off",
                        "-incoming",
                        "defer");
        assertThat(FloorCommand.restored(product, "/tmp/d", "/tmp/m"))
                .containsSubsequence(
                        "-object",
                        "memory-backend-file,id=ram,size=256M,mem-path=/tmp/m,share=off",
                        "-S",
                        "-global",
                        "migration.send-configuration=off",
                        "-incoming",
                        "defer");
    }
}
