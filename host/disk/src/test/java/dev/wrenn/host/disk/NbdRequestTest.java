package dev.wrenn.host.disk;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Random;
import org.junit.jupiter.api.Test;

class NbdRequestTest {
    private static final int MAGIC = 0x25609513;

    private static ByteBuffer bytes(int magic, int kind, long cookie, long offset, int length) {
        return ByteBuffer.allocate(NbdRequest.BYTES)
                .putInt(magic)
                .putShort((short) 0)
                .putShort((short) kind)
                .putLong(cookie)
                .putLong(offset)
                .putInt(length)
                .flip();
    }

    @Test
    void readsWhatAClientSends() throws IOException {
        var read = NbdRequest.parse(bytes(MAGIC, 0, 7, 512, 1024));
        assertThat(read).isEqualTo(new NbdRequest(NbdRequest.Kind.READ, 7, 512, 1024));
        assertThat(NbdRequest.parse(bytes(MAGIC, 6, 7, 0, -1)).bytes()).isEqualTo(0xffffffffL);
        assertThat(NbdRequest.parse(bytes(MAGIC, 99, 7, 0, 0)).kind())
                .isEqualTo(NbdRequest.Kind.OTHER);
    }

    @Test
    void refusesWhatWouldTakeTooMuchMemory() {
        for (int length : new int[] {NbdRequest.LONGEST + 1, -1, Integer.MIN_VALUE})
            for (int kind : new int[] {0, 1})
                assertThatThrownBy(() -> NbdRequest.parse(bytes(MAGIC, kind, 0, 0, length)))
                        .isInstanceOf(IOException.class);
        assertThatThrownBy(() -> NbdRequest.parse(bytes(1, 0, 0, 0, 0)))
                .isInstanceOf(IOException.class);
    }

    /// Property: whatever arrives, a request is one that can be carried out within the disk, or is
    /// known not to be; seeded, so that a failure can be repeated.
    @Test
    void anyBytesAreARequestOrRefused() {
        var random = new Random(11);
        long size = 1 << 20;
        for (int i = 0; i < 200_000; i++) {
            var noise = new byte[NbdRequest.BYTES];
            random.nextBytes(noise);
            var header = ByteBuffer.wrap(noise);
            if (i % 4 != 0) header.putInt(0, MAGIC);
            if (i % 3 != 0) header.putShort(6, (short) random.nextInt(8));
            if (i % 2 != 0)
                header.putLong(16, random.nextLong(2 * size)).putInt(24, random.nextInt());
            try {
                var request = NbdRequest.parse(header);
                var data =
                        request.kind() == NbdRequest.Kind.READ
                                || request.kind() == NbdRequest.Kind.WRITE;
                if (data) assertThat(request.length()).isBetween(0, NbdRequest.LONGEST);
                boolean inside =
                        request.offset() >= 0
                                && Math.addExact(Math.min(request.offset(), size), request.bytes())
                                        <= size
                                && request.offset() <= size;
                assertThat(request.within(size)).isEqualTo(inside);
            } catch (IOException e) {
                assertThat(e).hasMessageMatching("no request|(READ|WRITE) of \\d+ bytes");
            }
        }
    }
}
