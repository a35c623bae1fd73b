package dev.wrenn.host.disk;

import java.io.EOFException;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;

/// What QEMU is for the server, as far as tests need it. For one thread.
final class NbdClient implements AutoCloseable {
    private final SocketChannel channel;
    final long size;
    private long cookies;

    NbdClient(Path socket) throws IOException {
        channel = SocketChannel.open(StandardProtocolFamily.UNIX);
        channel.connect(UnixDomainSocketAddress.of(socket));
        receive(18);
        send(ByteBuffer.allocate(4).putInt(3));
        option(8); // structured replies, which there are none of
        if (receive(20).getInt(12) != 0x80000001) throw new IOException("not refused");
        option(7);
        var info = reply();
        size = info.getLong(2);
        reply();
        if (reply().capacity() != 0) throw new IOException("no end");
    }

    private void option(int number) throws IOException {
        var data = number == 7 ? 6 : 0; // an empty name, no questions
        send(
                ByteBuffer.allocate(16 + data)
                        .putLong(0x49484156454F5054L)
                        .putInt(number)
                        .putInt(data)
                        .put(new byte[data]));
    }

    private ByteBuffer reply() throws IOException {
        return receive(receive(20).getInt(16));
    }

    void begin(int kind, long offset, int length, byte[] data) throws IOException {
        send(
                ByteBuffer.allocate(28 + data.length)
                        .putInt(0x25609513)
                        .putShort((short) 0)
                        .putShort((short) kind)
                        .putLong(++cookies)
                        .putLong(offset)
                        .putInt(length)
                        .put(data));
    }

    /// @return the error
    int answer() throws IOException {
        return receive(16).getInt(4);
    }

    byte[] read(long offset, int length) throws IOException {
        begin(0, offset, length, new byte[0]);
        int error = answer();
        if (error != 0) throw new IOException("error " + error);
        return receive(length).array();
    }

    int write(long offset, byte[] data) throws IOException {
        begin(1, offset, data.length, data);
        return answer();
    }

    int ask(int kind, long offset, int length) throws IOException {
        begin(kind, offset, length, new byte[0]);
        return answer();
    }

    ByteBuffer receive(int length) throws IOException {
        var bytes = ByteBuffer.allocate(length);
        while (bytes.hasRemaining()) if (channel.read(bytes) < 0) throw new EOFException();
        return bytes.flip();
    }

    private void send(ByteBuffer filled) throws IOException {
        filled.flip();
        while (filled.hasRemaining()) channel.write(filled);
    }

    @Override
    public void close() throws IOException {
        channel.close();
    }
}
