package dev.wrenn.host.network;

import dev.wrenn.host.linux.ErrnoException;
import dev.wrenn.host.linux.Fd;
import dev.wrenn.host.linux.Namespaces;
import dev.wrenn.host.linux.Poll;
import dev.wrenn.host.linux.Posix;
import dev.wrenn.host.linux.Tap;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.concurrent.Callable;

/// Plays the guest of a slot with a kernel of its own kind: a namespace whose `eth0` is a tap, and
/// two threads that carry every frame between it and the slot's `tap0`, as a VMM does.
final class FakeGuest implements AutoCloseable {
    private static final Duration LOOK = Duration.ofMillis(50);

    private final String name;
    private final Fd outer;
    private final Fd inner;
    private final Thread[] pumps;
    private volatile boolean closed;

    FakeGuest(Slots slots, Slot slot) throws Exception {
        name = "wrenn-guest-" + slot.index();
        run("", "ip", "netns", "add", name);
        outer = slots.openTap(slot);
        inner = Tap.open(netns(), "eth0");
        var setup =
                """
                link set dev lo up
                link set dev eth0 address 02:fc:00:00:00:05
                addr add 169.254.0.21/30 dev eth0
                link set dev eth0 up
                route add default via 169.254.0.22
                """;
        run(setup, "ip", "-n", name, "-batch", "-");
        pumps = new Thread[] {carry(outer, inner), carry(inner, outer)};
    }

    private Path netns() {
        return Path.of("/run/netns", name);
    }

    /// Runs work as a process of the guest would.
    <T> T inside(Callable<T> work) throws Exception {
        return Namespaces.call(netns(), work);
    }

    void ip(String batch) {
        run(batch, "ip", "-n", name, "-batch", "-");
    }

    private Thread carry(Fd from, Fd to) {
        return Thread.ofPlatform()
                .start(() -> {
                    var frame = new byte[70_000];
                    while (!closed) {
                        if (!Poll.readable(from, LOOK)) continue;
                        try {
                            int length = Posix.read(from, frame);
                            Posix.write(to, Arrays.copyOf(frame, length));
                        } catch (ErrnoException e) {
                            // a frame the other side refuses (no room, link down) is lost
                        }
                    }
                });
    }

    static void run(String input, String... argv) {
        var result = Nft.run(input, argv);
        if (!result.ok()) throw new AssertionError(Arrays.toString(argv) + ": " + result.output());
    }

    @Override
    public void close() throws Exception {
        closed = true;
        for (var pump : pumps) pump.join();
        outer.close();
        inner.close();
        run("", "ip", "netns", "del", name);
    }
}
