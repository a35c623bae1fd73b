package dev.wrenn.host.linux;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_SHORT;

import java.lang.foreign.Arena;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.StructLayout;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;

/// Tap devices, Documentation/networking/tuntap.rst of Linux.
public final class Tap {
    static final StructLayout IFREQ = // struct ifreq, <linux/if.h>
            MemoryLayout.structLayout(
                    MemoryLayout.sequenceLayout(16, JAVA_BYTE).withName("ifr_name"),
                    JAVA_SHORT.withName("ifr_flags"),
                    MemoryLayout.paddingLayout(22));

    private static final Path DEVICE = Path.of("/dev/net/tun");
    private static final long TUNSETIFF = 0x400454caL; // _IOW('T', 202, int), <linux/if_tun.h>
    private static final short IFF_TAP = 0x0002; // <linux/if_tun.h>
    private static final short IFF_NO_PI = 0x1000; // <linux/if_tun.h>
    private static final short IFF_VNET_HDR = 0x4000; // <linux/if_tun.h>

    private Tap() {}

    /// Attaches to the tap `name` in a namespace (or makes one that lives as long as the
    /// descriptor). Frames come with a virtio-net header of 10 bytes; at most one descriptor can be
    /// attached.
    ///
    /// @throws ErrnoException EBUSY when another descriptor is attached
    public static Fd open(Path netns, String name) throws Exception {
        return Namespaces.call(netns, () -> open(name));
    }

    private static Fd open(String name) {
        var bytes = name.getBytes(StandardCharsets.US_ASCII);
        if (bytes.length > 15) throw new IllegalArgumentException("interface name: " + name);
        var fd = Posix.open(DEVICE, Posix.O_RDWR | Posix.O_NONBLOCK);
        try (var arena = Arena.ofConfined()) {
            var request = arena.allocate(IFREQ);
            request.copyFrom(java.lang.foreign.MemorySegment.ofArray(bytes));
            request.set(JAVA_SHORT, 16, (short) (IFF_TAP | IFF_NO_PI | IFF_VNET_HDR));
            Posix.ioctl("TUNSETIFF " + name, fd, TUNSETIFF, request);
            return fd;
        } catch (RuntimeException e) {
            fd.close();
            throw e;
        }
    }
}
