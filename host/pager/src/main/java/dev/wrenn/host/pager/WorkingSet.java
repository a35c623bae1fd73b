package dev.wrenn.host.pager;

import dev.wrenn.common.runtime.AtomicFiles;
import dev.wrenn.common.runtime.Deadline;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.BitSet;
import java.util.zip.CRC32C;

/// The pages a guest needed in its first seconds after a restore, kept in a directory of hints so
/// that the next restore has them before it asks.
///
/// File: the count, the page numbers in the order of their first use, a CRC-32C of both; all u32
/// little endian. It is a hint: one that does not read well is as good as none.
final class WorkingSet {
    private static final String FILE = "working-set";
    private static final Duration WINDOW = Duration.ofSeconds(2);
    private static final int MOST = 1 << 20; // 4 GiB of pages
    private static final double STALE_SHARE = 0.05; // of new ones; the bound of the benchmark

    private WorkingSet() {}

    /// The page numbers recorded there; none when there is no usable record.
    static int[] load(Path hints, long pages) {
        try {
            var bytes = ByteBuffer.wrap(Files.readAllBytes(hints.resolve(FILE)));
            bytes.order(ByteOrder.LITTLE_ENDIAN);
            return decode(bytes, pages);
        } catch (IOException e) {
            return new int[0];
        }
    }

    /// @return none when the bytes break the format or name a page outside
    static int[] decode(ByteBuffer bytes, long pages) {
        if (bytes.remaining() < 8 || bytes.remaining() % 4 != 0) return new int[0];
        int count = bytes.getInt(0);
        if (count < 0 || count > MOST || bytes.remaining() != 8L + 4L * count) return new int[0];
        var crc = new CRC32C();
        crc.update(bytes.slice(0, 4 + 4 * count));
        if ((int) crc.getValue() != bytes.getInt(4 + 4 * count)) return new int[0];
        var numbers = new int[count];
        for (int i = 0; i < count; i++) {
            numbers[i] = bytes.getInt(4 + 4 * i);
            if (numbers[i] < 0 || numbers[i] >= pages) return new int[0];
        }
        return numbers;
    }

    static byte[] encode(int[] numbers, int count) {
        var bytes = ByteBuffer.allocate(8 + 4 * count).order(ByteOrder.LITTLE_ENDIAN);
        bytes.putInt(count);
        for (int i = 0; i < count; i++) bytes.putInt(numbers[i]);
        var crc = new CRC32C();
        crc.update(bytes.array(), 0, 4 + 4 * count);
        return bytes.putInt((int) crc.getValue()).array();
    }

    /// Notes faults in a buffer made beforehand; not thread-safe but for [#save].
    static final class Recorder {
        private final int[] numbers;
        private final BitSet seen;
        private final Deadline until = Deadline.after(WINDOW);
        private volatile int count;

        /// @param most how many to note; 0 records nothing
        Recorder(int most) {
            numbers = new int[Math.min(most, MOST)];
            seen = new BitSet(Math.min(most, MOST));
        }

        void add(int page) {
            int next = count;
            if (next == numbers.length || seen.get(page) || until.passed()) return;
            seen.set(page);
            numbers[next] = page;
            count = next + 1;
        }

        /// Writes the record, behind what was known before: a guest that has moved on asks for
        /// more. Few new ones are not worth it. Does nothing when the directory is gone.
        void save(Path hints, int[] known) throws IOException {
            int recorded = count;
            boolean stale = recorded > known.length * STALE_SHARE;
            if (!stale || !Files.isDirectory(hints)) return;
            boolean room = known.length + recorded <= numbers.length;
            var all = Arrays.copyOf(known, room ? known.length + recorded : recorded);
            System.arraycopy(numbers, 0, all, all.length - recorded, recorded);
            AtomicFiles.write(hints.resolve(FILE), encode(all, all.length));
        }
    }
}
