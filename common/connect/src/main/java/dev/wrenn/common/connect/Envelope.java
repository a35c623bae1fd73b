package dev.wrenn.common.connect;

import java.io.IOException;
import org.jspecify.annotations.Nullable;

/// A message of a stream on the wire: one byte of flags, four bytes of length (big endian), data.
record Envelope(int flags, byte[] data) {
    static final int HEAD = 5;
    static final int COMPRESSED = 1;
    static final int END_STREAM = 2;

    boolean endStream() {
        return (flags & END_STREAM) != 0;
    }

    /// Fills in the head of `frame`, whose data begins at [#HEAD].
    static byte[] head(int flags, byte[] frame) {
        int length = frame.length - HEAD;
        frame[0] = (byte) flags;
        frame[1] = (byte) (length >>> 24);
        frame[2] = (byte) (length >>> 16);
        frame[3] = (byte) (length >>> 8);
        frame[4] = (byte) length;
        return frame;
    }

    /// Reads the next envelope.
    ///
    /// @param limit longest data, in bytes
    /// @param malformed code for a frame that breaks off
    /// @return null when the source ends between two envelopes
    /// @throws ConnectException also for compressed data (`internal`), unknown flags (`internal`)
    ///   and data over the limit (`resource_exhausted`)
    static @Nullable Envelope read(ByteSource in, int limit, Code malformed) throws IOException {
        var head = in.upTo(HEAD);
        if (head.length == 0) return null;
        if (head.length < HEAD) throw brokenOff(malformed, head.length, HEAD);
        int flags = head[0] & 0xff;
        if ((flags & COMPRESSED) != 0)
            throw new ConnectException(
                    Code.INTERNAL, "compressed message, but no compression was agreed on");
        if ((flags & ~END_STREAM) != 0)
            throw new ConnectException(
                    Code.INTERNAL, "envelope flags: " + flags + " (expected: 0 or 2)");
        long length =
                (head[1] & 0xffL) << 24
                        | (head[2] & 0xff) << 16
                        | (head[3] & 0xff) << 8
                        | (head[4] & 0xff);
        if (length > limit)
            throw new ConnectException(
                    Code.RESOURCE_EXHAUSTED,
                    "message of " + length + " bytes (expected: ≤ " + limit + ")");
        var data = in.upTo((int) length);
        if (data.length < length) throw brokenOff(malformed, data.length, length);
        return new Envelope(flags, data);
    }

    private static ConnectException brokenOff(Code code, long have, long want) {
        return new ConnectException(
                code, "stream broke off: " + have + " of " + want + " bytes of an envelope");
    }
}
