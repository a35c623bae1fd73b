package dev.wrenn.host.linux;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/// Namespaces and taps; needs root.
class NetnsContractTest {
    private static final Path LINKS = Path.of("/proc/thread-self/net/dev");

    private final String name = "wrenn-test-" + ProcessHandle.current().pid();
    private final Path netns = Path.of("/run/netns", name);

    @BeforeEach
    void add() throws Exception {
        Assumptions.assumeTrue(System.getProperty("user.name").equals("root"), "needs root");
        assertThat(ip("netns", "add", name)).isZero();
    }

    @AfterEach
    void remove() throws Exception {
        if (Files.exists(netns)) assertThat(ip("netns", "del", name)).isZero();
    }

    private static int ip(String... arguments) throws Exception {
        var command = new java.util.ArrayList<>(java.util.List.of("ip"));
        command.addAll(java.util.List.of(arguments));
        return new ProcessBuilder(command).inheritIO().start().waitFor();
    }

    @Test
    void workRunsInsideAndTheRestStaysOutside() throws Exception {
        var before = Files.readAllLines(LINKS);
        var inside = Namespaces.call(netns, () -> Files.readAllLines(LINKS));
        assertThat(inside).hasSize(3); // two lines of header, then lo
        assertThat(Files.readAllLines(LINKS)).hasSameSizeAs(before);
        assertThatThrownBy(() ->
                        Namespaces.call(
                                netns,
                                () -> {
                                    throw new IllegalStateException("from inside");
                                }))
                .hasMessage("from inside");
    }

    @Test
    void aTapTakesOneDescriptor() throws Exception {
        try (var tap = Tap.open(netns, "tap0")) {
            assertThat(tap.isOpen()).isTrue();
            var links = Namespaces.call(netns, () -> Files.readString(LINKS));
            assertThat(links).contains("tap0:");
            assertThatThrownBy(() -> Tap.open(netns, "tap0"))
                    .isInstanceOfSatisfying(
                            ErrnoException.class,
                            e -> assertThat(e.errno()).isEqualTo(ErrnoException.EBUSY));
        }
        assertThat(Namespaces.call(netns, () -> Files.readString(LINKS))).doesNotContain("tap0:");
    }

    @Test
    void aTapIsHandedOverByItsName() throws Exception {
        assertThat(ip("-n", name, "tuntap", "add", "tap0", "mode", "tap", "vnet_hdr")).isZero();
        try (var tap = Tap.open(netns, "tap0")) {
            var place = Tap.handOver(tap, 740_000);
            try (var network = place.network()) {
                assertThat(place.name()).isEqualTo("tap0");
                var found = Files.readSymbolicLink(Path.of("/proc/self/fd/" + network.number()));
                var inode = Files.getAttribute(netns, "unix:ino");
                assertThat(found.toString()).isEqualTo("net:[" + inode + "]");
            }
        }
        var owner =
                Command.run(
                        java.time.Duration.ofSeconds(10),
                        "",
                        java.util.List.of(
                                "ip", "netns", "exec", name, "cat", "/sys/class/net/tap0/owner"));
        assertThat(owner.output().strip()).isEqualTo("740000");
        try (var other = Posix.open(Path.of("/dev/null"), Posix.O_RDWR)) {
            assertThatThrownBy(() -> Tap.handOver(other, 740_000))
                    .isInstanceOf(ErrnoException.class);
        }
    }

    @Test
    void aMissingNamespaceIsSaid() {
        assertThatThrownBy(() -> Namespaces.call(Path.of("/run/netns/none"), () -> 1))
                .isInstanceOf(ErrnoException.class)
                .hasMessageContaining("/run/netns/none");
    }
}
