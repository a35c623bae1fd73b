package dev.wrenn.cli.client;

import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintWriter;
import java.util.Locale;

/// Shows how far a transfer is, on one line that is written over; nothing unless somebody watches.
/// For one thread at a time.
final class Meter implements AutoCloseable {
    private static final long EACH = 200_000_000; // ns
    private static final int BAR = 30;
    private static final double MIB = 1 << 20;

    private final PrintWriter to;
    private final boolean shown;
    private final long total;
    private final long start = System.nanoTime();
    private long last = start;
    private long done;

    /// @param total bytes, 0 when unknown
    Meter(PrintWriter to, boolean shown, long total) {
        this.to = to;
        this.shown = shown;
        this.total = total;
    }

    /// Counts what is read of `in`.
    InputStream count(InputStream in) {
        return new FilterInputStream(in) {
            @Override
            public int read() throws IOException {
                int value = super.read();
                if (value >= 0) add(1);
                return value;
            }

            @Override
            public int read(byte[] target, int offset, int length) throws IOException {
                int n = super.read(target, offset, length);
                if (n > 0) add(n);
                return n;
            }
        };
    }

    void add(long bytes) {
        done += bytes;
        long now = System.nanoTime();
        if (!shown || now - last < EACH) return;
        last = now;
        show();
    }

    /// The line as it is now.
    String line() {
        double seconds = Math.max(1e-9, (System.nanoTime() - start) / 1e9);
        var rate = String.format(Locale.ROOT, "%.1f MiB/s", done / MIB / seconds);
        if (total <= 0) return String.format(Locale.ROOT, "%.1f MiB  %s", done / MIB, rate);
        int filled = (int) Math.clamp(done * BAR / total, 0, BAR);
        return String.format(
                Locale.ROOT,
                "[%s%s] %3d%%  %.1f of %.1f MiB  %s",
                "#".repeat(filled),
                ".".repeat(BAR - filled),
                Math.clamp(done * 100 / total, 0, 100),
                done / MIB,
                total / MIB,
                rate);
    }

    private void show() {
        to.print("\r" + line() + "\033[K"); // to the end of the line, ECMA-48 EL
        to.flush();
    }

    @Override
    public void close() {
        if (!shown || last == start) return; // too short to be watched
        show();
        to.println();
        to.flush();
    }
}
