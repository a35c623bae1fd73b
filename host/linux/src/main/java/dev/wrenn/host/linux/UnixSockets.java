package dev.wrenn.host.linux;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static java.lang.foreign.ValueLayout.JAVA_SHORT;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemoryLayout.PathElement;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.StructLayout;
import java.lang.invoke.MethodHandle;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/// Stream sockets of the Unix family, with descriptors as ancillary data (unix(7), cmsg(3)).
/// Thread-safe; sending and receiving block.
public final class UnixSockets {
    /// Most descriptors in one message: SCM_MAX_FD, <net/scm.h>.
    public static final int MOST_DESCRIPTORS = 253;

    static final StructLayout SOCKADDR_UN = // struct sockaddr_un, <sys/un.h>
            MemoryLayout.structLayout(
                    JAVA_SHORT.withName("sun_family"),
                    MemoryLayout.sequenceLayout(108, JAVA_BYTE).withName("sun_path"));
    static final StructLayout IOVEC = // struct iovec, <bits/types/struct_iovec.h>
            MemoryLayout.structLayout(ADDRESS.withName("iov_base"), JAVA_LONG.withName("iov_len"));
    static final StructLayout MSGHDR = // struct msghdr, <bits/socket.h>
            MemoryLayout.structLayout(
                    ADDRESS.withName("msg_name"),
                    JAVA_INT.withName("msg_namelen"),
                    MemoryLayout.paddingLayout(4),
                    ADDRESS.withName("msg_iov"),
                    JAVA_LONG.withName("msg_iovlen"),
                    ADDRESS.withName("msg_control"),
                    JAVA_LONG.withName("msg_controllen"),
                    JAVA_INT.withName("msg_flags"),
                    MemoryLayout.paddingLayout(4));
    static final StructLayout CMSGHDR = // struct cmsghdr, <bits/socket.h>
            MemoryLayout.structLayout(
                    JAVA_LONG.withName("cmsg_len"),
                    JAVA_INT.withName("cmsg_level"),
                    JAVA_INT.withName("cmsg_type"));

    private static final short AF_UNIX = 1; // <bits/socket.h>
    private static final int SOCK_STREAM = 1; // <bits/socket_type.h>
    private static final int SOCK_CLOEXEC = 0x80000; // <bits/socket_type.h>
    private static final int SHUT_RDWR = 2; // <sys/socket.h>
    private static final int SOL_SOCKET = 1; // <asm-generic/socket.h>
    private static final int SCM_RIGHTS = 1; // <bits/socket.h>
    private static final int MSG_NOSIGNAL = 0x4000; // <bits/socket.h>
    private static final int MSG_CMSG_CLOEXEC = 0x40000000; // <bits/socket.h>
    private static final int MSG_CTRUNC = 8; // <bits/socket.h>

    private static final MethodHandle ACCEPT =
            Native.handle(
                    "accept4", // int (int fd, struct sockaddr *, socklen_t *, int flags)
                    FunctionDescriptor.of(JAVA_INT, JAVA_INT, ADDRESS, ADDRESS, JAVA_INT));
    private static final MethodHandle SOCKET =
            Native.handle(
                    "socket", // int socket(int domain, int type, int protocol)
                    FunctionDescriptor.of(JAVA_INT, JAVA_INT, JAVA_INT, JAVA_INT));
    private static final MethodHandle SOCKETPAIR =
            Native.handle(
                    "socketpair", // int socketpair(int, int, int, int sv[2])
                    FunctionDescriptor.of(JAVA_INT, JAVA_INT, JAVA_INT, JAVA_INT, ADDRESS));
    private static final MethodHandle FCHMOD =
            Native.handle(
                    "fchmod", // int fchmod(int fd, mode_t mode)
                    FunctionDescriptor.of(JAVA_INT, JAVA_INT, JAVA_INT));
    private static final MethodHandle BIND =
            Native.handle(
                    "bind", // int bind(int, const struct sockaddr *, socklen_t)
                    FunctionDescriptor.of(JAVA_INT, JAVA_INT, ADDRESS, JAVA_INT));
    private static final MethodHandle CONNECT =
            Native.handle(
                    "connect", // int connect(int, const struct sockaddr *, socklen_t)
                    FunctionDescriptor.of(JAVA_INT, JAVA_INT, ADDRESS, JAVA_INT));
    private static final MethodHandle LISTEN =
            Native.handle(
                    "listen", // int listen(int sockfd, int backlog)
                    FunctionDescriptor.of(JAVA_INT, JAVA_INT, JAVA_INT));
    private static final MethodHandle SENDMSG =
            Native.handle(
                    "sendmsg", // ssize_t sendmsg(int, const struct msghdr *, int flags)
                    FunctionDescriptor.of(JAVA_LONG, JAVA_INT, ADDRESS, JAVA_INT));
    private static final MethodHandle RECVMSG =
            Native.handle(
                    "recvmsg", // ssize_t recvmsg(int, struct msghdr *, int flags)
                    FunctionDescriptor.of(JAVA_LONG, JAVA_INT, ADDRESS, JAVA_INT));

    private static final MethodHandle SHUTDOWN =
            Native.handle(
                    "shutdown", // int shutdown(int sockfd, int how)
                    FunctionDescriptor.of(JAVA_INT, JAVA_INT, JAVA_INT));

    private UnixSockets() {}

    /// Two connected sockets.
    public record Pair(Fd left, Fd right) implements AutoCloseable {
        @Override
        public void close() {
            left.close();
            right.close();
        }
    }

    /// What one recvmsg(2) brought; empty bytes at the end of the stream. The caller closes `fds`.
    public record Message(byte[] bytes, List<Fd> fds) {}

    /// socketpair(2).
    public static Pair pair() {
        var ends = new int[2];
        Native.call(
                "socketpair",
                (arena, state) -> {
                    var both = arena.allocate(JAVA_INT, 2);
                    int result =
                            (int)
                                    SOCKETPAIR.invokeExact(
                                            state,
                                            (int) AF_UNIX,
                                            SOCK_STREAM | SOCK_CLOEXEC,
                                            0,
                                            both);
                    MemorySegment.copy(both, JAVA_INT, 0, ends, 0, 2);
                    return result;
                });
        return new Pair(new Fd(ends[0]), new Fd(ends[1]));
    }

    /// A listening socket; the path must not exist and may be longer than the 107 bytes of an
    /// address.
    ///
    /// @param mode permissions of the socket file from its first moment on, less the umask
    public static Fd listen(Path path, int mode) {
        return opened(
                path,
                (socket, address, length) -> {
                    // a socket file takes the mode its descriptor has at bind(2), unix_bind_bsd()
                    Native.call(
                            "fchmod",
                            (_, state) -> (int) FCHMOD.invokeExact(state, socket.number(), mode));
                    Native.call(
                            "bind " + path,
                            (_, state) ->
                                    (int)
                                            BIND.invokeExact(
                                                    state, socket.number(), address, length));
                    Native.call(
                            "listen",
                            (_, state) -> (int) LISTEN.invokeExact(state, socket.number(), 4));
                });
    }

    /// A socket connected to a listener at `path`.
    public static Fd connect(Path path) {
        return opened(
                path,
                (socket, address, length) ->
                        Native.call(
                                "connect " + path,
                                (_, state) ->
                                        (int)
                                                CONNECT.invokeExact(
                                                        state, socket.number(), address, length)));
    }

    @FunctionalInterface
    private interface AddressUse {
        void accept(Fd socket, MemorySegment address, int length);
    }

    /// The address names the file through a descriptor of its directory: no limit on the length.
    private static Fd opened(Path path, AddressUse use) {
        var absolute = path.toAbsolutePath();
        var parent = absolute.getParent();
        if (parent == null) throw new IllegalArgumentException("not a socket path: " + path);
        var socket =
                new Fd(
                        (int)
                                Native.call(
                                        "socket",
                                        (_, state) ->
                                                (int)
                                                        SOCKET.invokeExact(
                                                                state,
                                                                (int) AF_UNIX,
                                                                SOCK_STREAM | SOCK_CLOEXEC,
                                                                0)));
        try (var arena = Arena.ofConfined();
                var directory = Posix.open(parent, Posix.O_PATH | Posix.O_DIRECTORY)) {
            var name = "/proc/self/fd/" + directory.number() + "/" + absolute.getFileName();
            var bytes = name.getBytes(StandardCharsets.UTF_8);
            if (bytes.length > 107)
                throw new IllegalArgumentException("socket name too long: " + path);
            var address = arena.allocate(SOCKADDR_UN); // zeroed, so the path is terminated
            address.set(JAVA_SHORT, 0, AF_UNIX);
            MemorySegment.copy(bytes, 0, address, JAVA_BYTE, 2, bytes.length);
            use.accept(socket, address, (int) SOCKADDR_UN.byteSize());
            return socket;
        } catch (RuntimeException e) {
            socket.close();
            throw e;
        }
    }

    /// accept4(2): waits for the next connection; on a platform thread.
    public static Fd accept(Fd listener) {
        return new Fd(
                (int)
                        Native.call(
                                "accept4",
                                (_, state) ->
                                        (int)
                                                ACCEPT.invokeExact(
                                                        state,
                                                        listener.number(),
                                                        MemorySegment.NULL,
                                                        MemorySegment.NULL,
                                                        SOCK_CLOEXEC)));
    }

    /// shutdown(2) in both directions: whoever reads or writes at either end sees the end at once.
    /// The descriptor remains open.
    public static void shutdown(Fd socket) {
        Native.call(
                "shutdown",
                (_, state) -> (int) SHUTDOWN.invokeExact(state, socket.number(), SHUT_RDWR));
    }

    /// sendmsg(2): all of `bytes`, at least one; `fds` travel with the first of them and remain the
    /// caller's to close.
    ///
    /// @throws ErrnoException EPIPE when the peer is gone
    public static void send(Fd socket, byte[] bytes, List<Fd> fds) {
        if (bytes.length == 0 || fds.size() > MOST_DESCRIPTORS)
            throw new IllegalArgumentException(
                    bytes.length
                            + " bytes, "
                            + fds.size()
                            + " descriptors (expected: >= 1, <= 253)");
        int sent = sendOnce(socket, bytes, fds);
        if (sent < bytes.length)
            Posix.write(socket, java.util.Arrays.copyOfRange(bytes, sent, bytes.length));
    }

    private static int sendOnce(Fd socket, byte[] bytes, List<Fd> fds) {
        return (int)
                Native.call(
                        "sendmsg",
                        (arena, state) -> {
                            var data = arena.allocateFrom(JAVA_BYTE, bytes);
                            var header = header(arena, data);
                            if (!fds.isEmpty()) {
                                long length = CMSGHDR.byteSize() + 4L * fds.size();
                                var control = arena.allocate(aligned(length), 8);
                                control.set(JAVA_LONG, 0, length);
                                control.set(JAVA_INT, 8, SOL_SOCKET);
                                control.set(JAVA_INT, 12, SCM_RIGHTS);
                                for (int i = 0; i < fds.size(); i++)
                                    control.set(
                                            JAVA_INT,
                                            CMSGHDR.byteSize() + 4L * i,
                                            fds.get(i).number());
                                attach(header, control);
                            }
                            return (long)
                                    SENDMSG.invokeExact(
                                            state, socket.number(), header, MSG_NOSIGNAL);
                        });
    }

    /// recvmsg(2), once. Received descriptors are close-on-exec.
    ///
    /// @param most bytes to read
    /// @throws IllegalStateException when more than `mostFds` descriptors came; all are closed then
    public static Message receive(Fd socket, int most, int mostFds) {
        var fds = new ArrayList<Fd>();
        var box = new byte[1][];
        boolean[] truncated = {false};
        Native.call(
                "recvmsg",
                (arena, state) -> {
                    var data = arena.allocate(most);
                    var header = header(arena, data);
                    var control = arena.allocate(aligned(CMSGHDR.byteSize() + 4L * mostFds), 8);
                    attach(header, control);
                    long count =
                            (long)
                                    RECVMSG.invokeExact(
                                            state, socket.number(), header, MSG_CMSG_CLOEXEC);
                    if (count >= 0) {
                        box[0] = data.asSlice(0, count).toArray(JAVA_BYTE);
                        truncated[0] =
                                (header.get(JAVA_INT, offset("msg_flags")) & MSG_CTRUNC) != 0;
                        long used = header.get(JAVA_LONG, offset("msg_controllen"));
                        collect(control.asSlice(0, used), fds);
                    }
                    return count;
                });
        if (truncated[0]) {
            fds.forEach(Fd::close);
            throw new IllegalStateException("more than " + mostFds + " descriptors received");
        }
        return new Message(box[0], List.copyOf(fds));
    }

    private static void collect(MemorySegment control, List<Fd> into) {
        long at = 0;
        while (at + CMSGHDR.byteSize() <= control.byteSize()) {
            long length = control.get(JAVA_LONG, at);
            boolean rights =
                    control.get(JAVA_INT, at + 8) == SOL_SOCKET
                            && control.get(JAVA_INT, at + 12) == SCM_RIGHTS;
            if (rights)
                for (long i = at + CMSGHDR.byteSize(); i + 4 <= at + length; i += 4)
                    into.add(new Fd(control.get(JAVA_INT, i)));
            at += aligned(length);
        }
    }

    private static MemorySegment header(Arena arena, MemorySegment data) {
        var vector = arena.allocate(IOVEC);
        vector.set(ADDRESS, 0, data);
        vector.set(JAVA_LONG, 8, data.byteSize());
        var header = arena.allocate(MSGHDR);
        header.set(ADDRESS, offset("msg_iov"), vector);
        header.set(JAVA_LONG, offset("msg_iovlen"), 1);
        return header;
    }

    private static void attach(MemorySegment header, MemorySegment control) {
        header.set(ADDRESS, offset("msg_control"), control);
        header.set(JAVA_LONG, offset("msg_controllen"), control.byteSize());
    }

    private static long offset(String field) {
        return MSGHDR.byteOffset(PathElement.groupElement(field));
    }

    private static long aligned(long length) {
        return (length + 7) & ~7L; // CMSG_ALIGN: to the size of size_t
    }
}
