package dev.wrenn.bench;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.AsynchronousCloseException;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;

/// One kept HTTP/1.1 connection that asks for the same page again and again, with as little work as
/// can be, as what asks must not be what is measured: an exchange whose answer comes at once is one
/// write and one read, and makes nothing for the collector. Not thread-safe.
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

    /// Asks and reads the whole answer; it must be a page.
    void exchange() {
        int head = ask(PAGE);
        int length = find(LENGTH, head);
        if (length >= 0) body(head + number(length));
        else if (find(CODING, head) >= 0) chunks();
        else throw new BenchException("page without length: " + text(head));
        waiting = false;
    }

    /// Asks for another protocol; the connection stays open.
    void upgrade() {
        ask(UPGRADE);
        waiting = false;
    }

    /// @param status how the answer begins
    /// @return how long its head is
    private int ask(byte[] status) {
        asked = System.nanoTime();
        waiting = true;
        try {
            socket.write(request.rewind());
        } catch (IOException e) {
            throw new BenchException("page: " + e.getMessage(), e);
        }
        buffer.clear();
        int head = -1;
        for (int from = 0; head < 0; ) {
            read();
            head = endOfHead(from);
            from = Math.max(0, buffer.position() - END.length + 1);
        }
        if (!is(status, 0)) throw new BenchException("page: " + text(head));
        return head;
    }

    private void read() {
        try {
            if (socket.read(buffer) <= 0)
                throw new BenchException("the page ends after " + buffer.position());
        } catch (AsynchronousCloseException e) {
            throw new BenchException("no answer in " + LIMIT_S + " s", e);
        } catch (IOException e) {
            throw new BenchException("page: " + e.getMessage(), e);
        }
    }

    private int endOfHead(int from) {
        for (int i = from; i + END.length <= buffer.position(); i++)
            if (is(END, i)) return i + END.length;
        return -1;
    }

    /// Where what follows a text at the beginning of a line begins, letters of either case alike.
    private int find(byte[] text, int head) {
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

    /// @param whole bytes of the answer
    private void body(int whole) {
        for (int left = whole - buffer.position(); left > 0; ) {
            buffer.clear();
            buffer.limit(Math.min(left, CAPACITY));
            read();
            left -= buffer.position();
        }
    }

    // The last chunk is looked for at the end of what came: the pages asked for are JSON, in which
    // its bytes cannot stand, and nothing follows it before the next request.
    private void chunks() {
        while (!is(LAST, buffer.position() - LAST.length)) {
            if (buffer.remaining() == 0) {
                buffer.position(CAPACITY - LAST.length);
                buffer.compact();
            }
            read();
        }
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
            throw new BenchException("page: " + e.getMessage(), e);
        }
    }
}
