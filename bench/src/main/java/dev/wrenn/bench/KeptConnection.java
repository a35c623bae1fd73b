package dev.wrenn.bench;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;

/// One kept HTTP/1.1 connection that asks for the same page again and again, with as little work as
/// can be, as what asks must not be what is measured: an exchange whose answer comes at once is one
/// write and one read, and makes nothing for the collector. One thread may ask over many of them:
/// see [#register]. Not thread-safe.
final class KeptConnection implements AutoCloseable {
    private static final long LIMIT_S = 60;
    private static final int CAPACITY = 16 << 10; // of the buffer, and most of an answer's head
    private static final byte[] PAGE = ascii("HTTP/1.1 200 ");
    private static final byte[] UPGRADE = ascii("HTTP/1.1 101 ");
    private static final byte[] LENGTH = ascii("content-length:");
    private static final byte[] CODING = ascii("transfer-encoding: chunked");
    private static final byte[] LAST = ascii("0\r\n\r\n"); // chunk
    private static final byte[] END = ascii("\r\n\r\n");

    /// Closes those whose answers do not come: a blocking read has no limit of its own.
    private static final ScheduledExecutorService WATCH =
            Executors.newSingleThreadScheduledExecutor(
                    Thread.ofPlatform().name("answers-late").daemon().factory());

    private final SocketChannel socket = SocketChannel.open();
    private final ByteBuffer request;
    private final ByteBuffer buffer = ByteBuffer.allocateDirect(CAPACITY);
    private final ScheduledFuture<?> watch;
    private volatile long asked;
    private volatile boolean waiting;
    private int head; // its length; below zero: not all of it has come
    private boolean chunked;
    private int left; // bytes of the body, when it has a length

    /// @param host the name that is asked for
    /// @param path that is asked for
    /// @param more header lines, each with its line end
    KeptConnection(InetSocketAddress address, String host, String path, String more)
            throws IOException {
        socket.setOption(StandardSocketOptions.TCP_NODELAY, true);
        socket.socket().connect(address, (int) TimeUnit.SECONDS.toMillis(LIMIT_S));
        var text = ascii("GET " + path + " HTTP/1.1\r\nHost: " + host + "\r\n" + more + "\r\n");
        request = ByteBuffer.allocateDirect(text.length).put(text).flip();
        watch = WATCH.scheduleWithFixedDelay(this::look, LIMIT_S, 1, TimeUnit.SECONDS);
    }

    private static byte[] ascii(String text) {
        return text.getBytes(StandardCharsets.US_ASCII);
    }

    private void look() {
        if (waiting && System.nanoTime() - asked > TimeUnit.SECONDS.toNanos(LIMIT_S)) close();
    }

    /// From now on nothing waits in [#heard]: who asks waits for many connections at once.
    ///
    /// @param mine what the key has attached
    void register(Selector selector, Object mine) throws IOException {
        socket.configureBlocking(false);
        socket.register(selector, SelectionKey.OP_READ, mine);
    }

    /// Asks and reads the whole answer; it must be a page.
    void exchange() {
        ask();
        for (boolean whole = false; !whole; ) whole = heard();
    }

    /// Asks for another protocol; the connection stays open.
    void upgrade() {
        ask();
        for (boolean whole = false; !whole; ) {
            read();
            whole = headHasCome(UPGRADE);
        }
        waiting = false;
    }

    /// Asks. The answer to what was asked before has been heard.
    void ask() {
        asked = System.nanoTime();
        waiting = true;
        head = -1;
        buffer.clear();
        request.rewind();
        try {
            while (request.hasRemaining()) socket.write(request);
        } catch (IOException e) {
            throw failed(e);
        }
    }

    /// Reads once: what has come, or what comes next.
    ///
    /// @return whether the answer, which must be a page, has come to its end
    boolean heard() {
        int came = read();
        if (head >= 0) left -= came;
        else if (!headHasCome(PAGE)) return false;
        else {
            int length = find(LENGTH);
            chunked = length < 0;
            if (!chunked) left = head + number(length) - buffer.position();
            else if (find(CODING) < 0)
                throw new BenchException("page without length: " + text(head));
        }
        waiting = chunked ? !lastChunkHasCome() : left > 0;
        if (!waiting) return true;
        if (chunked) keepEnd();
        else buffer.clear().limit(Math.min(left, CAPACITY));
        return false;
    }

    /// @throws BenchException when the answer has not come in time
    void check() {
        if (!socket.isOpen()) throw late();
    }

    private int read() {
        if (!buffer.hasRemaining()) throw new BenchException("the page's head is too long");
        try {
            int came = socket.read(buffer);
            if (came < 0) throw new BenchException("the page ends after " + buffer.position());
            return came;
        } catch (ClosedChannelException e) {
            throw late();
        } catch (IOException e) {
            throw failed(e);
        }
    }

    private static BenchException failed(IOException e) {
        return new BenchException("page: " + e.getMessage(), e);
    }

    private static BenchException late() {
        return new BenchException("no answer in " + LIMIT_S + " s");
    }

    /// @param status how the answer must begin
    private boolean headHasCome(byte[] status) {
        head = endOfHead();
        if (head < 0) return false;
        if (!is(status, 0)) throw new BenchException("page: " + text(head));
        return true;
    }

    private int endOfHead() {
        for (int i = 0; i + END.length <= buffer.position(); i++)
            if (is(END, i)) return i + END.length;
        return -1;
    }

    /// Where what follows a text at the beginning of a line begins, letters of either case alike.
    private int find(byte[] text) {
        for (int i = 0; i + text.length <= head; i++)
            if (buffer.get(i) == '\n' && is(text, i + 1)) return i + 1 + text.length;
        return -1;
    }

    private boolean is(byte[] text, int at) {
        for (int i = 0; i < text.length; i++) {
            int have = buffer.get(at + i);
            if (have != text[i] && (have | 0x20) != text[i]) return false;
        }
        return true;
    }

    private int number(int at) {
        int value = 0;
        while (buffer.get(at) == ' ') at++;
        for (int c; (c = buffer.get(at)) >= '0' && c <= '9'; at++) value = 10 * value + c - '0';
        return value;
    }

    // It is looked for at the end of what came: the pages asked for are JSON, in which its bytes
    // cannot stand, and nothing follows it before the next request.
    private boolean lastChunkHasCome() {
        return is(LAST, buffer.position() - LAST.length);
    }

    private void keepEnd() {
        if (buffer.hasRemaining()) return;
        buffer.position(CAPACITY - LAST.length);
        buffer.compact();
    }

    private String text(int length) {
        var bytes = new byte[length];
        buffer.get(0, bytes);
        return new String(bytes, StandardCharsets.ISO_8859_1);
    }

    @Override
    public void close() {
        watch.cancel(false);
        try {
            socket.close();
        } catch (IOException e) {
            throw failed(e);
        }
    }
}
