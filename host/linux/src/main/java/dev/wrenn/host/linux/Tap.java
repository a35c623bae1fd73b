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
    private static final long TUNSETOWNER = 0x400454ccL; // _IOW('T', 204, int), <linux/if_tun.h>
    private static final long TUNGETIFF = 0x800454d2L; // _IOR('T', 210, unsigned int)
    private static final long SIOCGSKNS = 0x894cL; // <linux/sockios.h>
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

    /// Where a tap is found by whoever opens it by its name.
    ///
    /// @param name in its namespace
    /// @param network its namespace, for the caller to close
    public record Place(String name, Fd network) {}

    /// Lets a user attach to the tap of this descriptor, which must be closed for that: it is the
    /// only one. The device stays when it was made to stay.
    ///
    /// @param uid may attach without any capability
    /// @throws ErrnoException when it is no tap
    public static Place handOver(Fd tap, int uid) {
        try (var arena = Arena.ofConfined()) {
            var request = arena.allocate(IFREQ);
            Posix.ioctl("TUNGETIFF", tap, TUNGETIFF, request);
            var name = request.getString(0, StandardCharsets.US_ASCII);
            Posix.ioctl("TUNSETOWNER " + name, tap, TUNSETOWNER, uid);
            return new Place(name, new Fd(Posix.ioctl("SIOCGSKNS", tap, SIOCGSKNS, 0)));
        }
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
