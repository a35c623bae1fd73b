package dev.wrenn.host.disk;

import java.io.EOFException;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Semaphore;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Serves one disk over a socket of the Unix family, with as much of the NBD protocol as QEMU
/// needs: fixed newstyle, simple replies. A request that waits does not keep others waiting.
/// Memory: [#AT_ONCE] requests per connection.
final class NbdServer implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(NbdServer.class);

    /// The longest path of a socket: sun_path of unix(7), without its end.
    static final int LONGEST_PATH = 107;

    /// Requests of one connection under way.
    private static final int AT_ONCE = 32;

    // doc/proto.md of the NBD project
    private static final long INIT = 0x4e42444d41474943L; // "NBDMAGIC"
    private static final long OPTION = 0x49484156454F5054L; // "IHAVEOPT"
    private static final long OPTION_REPLY = 0x3e889045565a9L;
    private static final int SIMPLE_REPLY = 0x67446698;
    private static final short FIXED_NEWSTYLE_NO_ZEROES = 3;
    private static final int OPT_ABORT = 2;
    private static final int OPT_INFO = 6;
    private static final int OPT_GO = 7;
    private static final int REP_ACK = 1;
    private static final int REP_INFO = 3;
    private static final int REP_ERR_UNSUP = 0x80000001;
    private static final short INFO_EXPORT = 0;
    private static final short INFO_BLOCK_SIZE = 3;
    private static final short FLAGS = 1 | 4 | 32 | 64; // flags, flush, trim, write zeroes
    private static final int LONGEST_OPTION = 4096;
    private static final int EIO = 5;
    private static final int EINVAL = 22;
    private static final int ENOSPC = 28;

    private final ServedDisk disk;
    private final ServerSocketChannel listener;
    private final Path socket;
    private final Set<SocketChannel> connections = ConcurrentHashMap.newKeySet();
    private volatile boolean closed;

    private NbdServer(ServedDisk disk, ServerSocketChannel listener, Path socket) {
        this.disk = disk;
        this.listener = listener;
        this.socket = socket;
    }

    /// Serves until closed.
    ///
    /// @param socket path, whose directory decides who may connect; what is there is replaced
    static NbdServer start(Path socket, ServedDisk disk) throws IOException {
        Files.deleteIfExists(socket);
        var listener = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
        try {
            listener.bind(UnixDomainSocketAddress.of(socket));
            Files.setPosixFilePermissions(socket, PosixFilePermissions.fromString("rw-rw-rw-"));
        } catch (IOException | RuntimeException e) {
            listener.close();
            throw e;
        }
        var server = new NbdServer(disk, listener, socket);
        Thread.ofVirtual().name("nbd " + socket.getParent()).start(server::accept);
        return server;
    }

    private void accept() {
        while (!closed) {
            try {
                var connection = listener.accept();
                connections.add(connection);
                Thread.ofVirtual().name("nbd client").start(() -> serve(connection));
                if (closed) connection.close();
            } catch (IOException e) {
                if (!closed) LOG.atError().setCause(e).log("a disk is not served any more");
                return;
            }
        }
    }

    private void serve(SocketChannel connection) {
        try (connection) {
            if (agree(connection)) new Connection(connection).run();
        } catch (EOFException e) {
            LOG.atDebug().log("client of a disk is gone");
        } catch (IOException e) {
            if (!closed) LOG.atInfo().log("connection of a disk broke: {}", e.getMessage());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } finally {
            connections.remove(connection);
        }
    }

    /// @return false when the client only looked
    private boolean agree(SocketChannel to) throws IOException {
        write(
                to,
                ByteBuffer.allocate(18)
                        .putLong(INIT)
                        .putLong(OPTION)
                        .putShort(FIXED_NEWSTYLE_NO_ZEROES));
        if ((read(to, 4).getInt() & ~FIXED_NEWSTYLE_NO_ZEROES) != 0)
            throw new IOException("flags of a client");
        while (true) {
            var head = read(to, 16);
            if (head.getLong() != OPTION) throw new IOException("no option");
            int option = head.getInt();
            int length = head.getInt();
            if (length < 0 || length > LONGEST_OPTION) throw new IOException("a long option");
            read(to, length); // the name of the export: there is one, whatever it is called
            switch (option) {
                case OPT_GO, OPT_INFO -> {
                    reply(
                            to,
                            option,
                            REP_INFO,
                            ByteBuffer.allocate(12)
                                    .putShort(INFO_EXPORT)
                                    .putLong(disk.size())
                                    .putShort(FLAGS));
                    reply(
                            to,
                            option,
                            REP_INFO,
                            ByteBuffer.allocate(14)
                                    .putShort(INFO_BLOCK_SIZE)
                                    .putInt(1)
                                    .putInt(4096)
                                    .putInt(NbdRequest.LONGEST));
                    reply(to, option, REP_ACK, ByteBuffer.allocate(0));
                    if (option == OPT_GO) return true;
                }
                case OPT_ABORT -> {
                    reply(to, option, REP_ACK, ByteBuffer.allocate(0));
                    return false;
                }
                default -> reply(to, option, REP_ERR_UNSUP, ByteBuffer.allocate(0));
            }
        }
    }

    private static void reply(SocketChannel to, int option, int type, ByteBuffer data)
            throws IOException {
        write(
                to,
                ByteBuffer.allocate(20 + data.capacity())
                        .putLong(OPTION_REPLY)
                        .putInt(option)
                        .putInt(type)
                        .putInt(data.capacity())
                        .put(data.array()));
    }

    /// @param filled is written from its start to where it was filled
    private static void write(SocketChannel to, ByteBuffer filled) throws IOException {
        filled.flip();
        while (filled.hasRemaining()) to.write(filled);
    }

    private static ByteBuffer read(SocketChannel from, int length) throws IOException {
        var bytes = ByteBuffer.allocate(length);
        while (bytes.hasRemaining())
            if (from.read(bytes) < 0) throw new EOFException("the client is gone");
        return bytes.flip();
    }

    /// What was agreed on with one client: requests, each answered when it is done.
    private final class Connection {
        private final SocketChannel channel;
        private final Semaphore room = new Semaphore(AT_ONCE);

        Connection(SocketChannel channel) {
            this.channel = channel;
        }

        void run() throws IOException, InterruptedException {
            while (true) {
                var request = NbdRequest.parse(read(channel, NbdRequest.BYTES));
                if (request.kind() == NbdRequest.Kind.DISCONNECT) return;
                boolean write = request.kind() == NbdRequest.Kind.WRITE;
                var data = read(channel, write ? request.length() : 0);
                room.acquire();
                Thread.ofVirtual().name("nbd request").start(() -> answer(request, data));
            }
        }

        private void answer(NbdRequest request, ByteBuffer data) {
            try {
                var content = ByteBuffer.allocate(0);
                int error = 0;
                try {
                    content = carryOut(request, data);
                    if (content == null) error = EINVAL;
                } catch (IOException | RuntimeException e) {
                    error = isFull(e) ? ENOSPC : EIO;
                    LOG.atWarn().log("{} of a disk failed: {}", request.kind(), e.getMessage());
                }
                var head = ByteBuffer.allocate(16);
                head.putInt(SIMPLE_REPLY).putInt(error).putLong(request.cookie());
                synchronized (this) {
                    NbdServer.write(channel, head);
                    while (content != null && error == 0 && content.hasRemaining())
                        channel.write(content);
                }
            } catch (IOException e) {
                LOG.atDebug().setCause(e).log("answer not taken"); // its reader sees that as well
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            } finally {
                room.release();
            }
        }

        /// @return what was read; null when it cannot be asked for
        private @org.jspecify.annotations.Nullable ByteBuffer carryOut(
                NbdRequest request, ByteBuffer data) throws IOException, InterruptedException {
            if (!request.within(disk.size())) return null;
            var nothing = ByteBuffer.allocate(0);
            switch (request.kind()) {
                case READ -> {
                    var content = ByteBuffer.allocate(request.length());
                    disk.read(request.offset(), content);
                    return content.flip();
                }
                case WRITE -> disk.write(request.offset(), data);
                case TRIM -> disk.discard(request.offset(), request.bytes());
                case WRITE_ZEROES -> disk.zero(request.offset(), request.bytes());
                case FLUSH -> disk.flush();
                case DISCONNECT, CACHE, OTHER -> {
                    return null;
                }
            }
            return nothing;
        }

        private static boolean isFull(Exception e) {
            return e instanceof DiskFullException || e instanceof IOException io && Disks.full(io);
        }
    }

    @Override
    public void close() {
        closed = true;
        try {
            listener.close();
            for (var connection : connections) connection.close();
            Files.deleteIfExists(socket);
        } catch (IOException e) {
            LOG.atWarn().setCause(e).log("a disk is still served");
        }
    }
}
