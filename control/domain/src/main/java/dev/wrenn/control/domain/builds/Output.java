package dev.wrenn.control.domain.builds;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.ByteArrayOutputStream;

/// What a program wrote, bounded: the beginning, and the end, which tells most when it fails.
final class Output {
    private static final int HEAD = 16 << 10;
    private static final int TAIL = 48 << 10;

    private final ByteArrayOutputStream head = new ByteArrayOutputStream();
    private final byte[] tail = new byte[TAIL];
    private long beyond; // bytes that went through the tail

    void add(byte[] data) {
        int first = Math.min(HEAD - head.size(), data.length);
        head.write(data, 0, first);
        int from = Math.max(first, data.length - TAIL);
        beyond += from - first;
        for (int i = from; i < data.length; i++) tail[(int) (beyond++ % TAIL)] = data[i];
    }

    /// As text that a database takes: NUL and what is no UTF-8 become the replacement character.
    String text() {
        int kept = (int) Math.min(beyond, TAIL);
        long cut = beyond - kept;
        var end = new ByteArrayOutputStream();
        for (long at = beyond - kept; at < beyond; at++) end.write(tail[(int) (at % TAIL)]);
        var text =
                cut == 0
                        ? join(head, end)
                        : head.toString(UTF_8)
                                + "\n… "
                                + cut
                                + " bytes cut …\n"
                                + end.toString(UTF_8);
        return text.replace('\0', '\uFFFD');
    }

    /// A character may lie across.
    private static String join(ByteArrayOutputStream a, ByteArrayOutputStream b) {
        var all = new ByteArrayOutputStream();
        all.writeBytes(a.toByteArray());
        all.writeBytes(b.toByteArray());
        return all.toString(UTF_8);
    }
}
