package dev.wrenn.control.api;

import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharsetDecoder;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/// Chunks of bytes to text without cutting characters: an incomplete one at the end of a chunk is
/// held back (at most 3 bytes) until the next. Bytes that are not UTF-8 become U+FFFD. For one
/// thread.
final class Utf8Stream {
    private final CharsetDecoder decoder =
            StandardCharsets.UTF_8
                    .newDecoder()
                    .onMalformedInput(CodingErrorAction.REPLACE)
                    .onUnmappableCharacter(CodingErrorAction.REPLACE);
    private byte[] held = {};

    /// The text that is complete with this chunk; may be empty.
    String next(byte[] chunk) {
        return decode(chunk, false);
    }

    /// What is left at the end; may be empty.
    String end() {
        return decode(new byte[0], true);
    }

    private String decode(byte[] chunk, boolean last) {
        var in = ByteBuffer.allocate(held.length + chunk.length).put(held).put(chunk).flip();
        var out = CharBuffer.allocate(in.remaining() + 1); // never more characters than bytes
        decoder.decode(in, out, last);
        if (last) decoder.flush(out);
        held = Arrays.copyOfRange(in.array(), in.position(), in.limit());
        return out.flip().toString();
    }
}
