package dev.wrenn.host.disk;

import java.io.IOException;
import java.nio.ByteBuffer;

/// A request of the NBD protocol (doc/proto.md of the NBD project, "Request message"). Pure.
///
/// @param kind what is asked
/// @param cookie comes back with the answer
/// @param offset bytes
/// @param length bytes; of a write as many follow
record NbdRequest(Kind kind, long cookie, long offset, int length) {
    /// Bytes of a request without what follows.
    static final int BYTES = 28;

    /// The longest read or write; told to clients.
    static final int LONGEST = 1 << 20;

    private static final int MAGIC = 0x25609513;

    /// What is asked, in the order of the numbers of the protocol.
    enum Kind {
        READ,
        WRITE,
        DISCONNECT,
        FLUSH,
        TRIM,
        CACHE,
        WRITE_ZEROES,
        OTHER
    }

    /// @param header [#BYTES] bytes
    /// @throws IOException when it is no request, or a longer read or write than was agreed on
    static NbdRequest parse(ByteBuffer header) throws IOException {
        if (header.getInt() != MAGIC) throw new IOException("no request");
        header.getShort(); // flags: nothing is offered that has any
        int number = Short.toUnsignedInt(header.getShort());
        var kinds = Kind.values();
        var kind = number < Kind.OTHER.ordinal() ? kinds[number] : Kind.OTHER;
        long cookie = header.getLong();
        long offset = header.getLong();
        int length = header.getInt();
        boolean data = kind == Kind.READ || kind == Kind.WRITE;
        if (data && (length < 0 || length > LONGEST))
            throw new IOException(kind + " of " + Integer.toUnsignedString(length) + " bytes");
        return new NbdRequest(kind, cookie, offset, length);
    }

    /// Length as the protocol means it.
    long bytes() {
        return Integer.toUnsignedLong(length);
    }

    /// Whether all of it is within a disk.
    boolean within(long size) {
        return offset >= 0 && offset <= size && bytes() <= size - offset;
    }
}
