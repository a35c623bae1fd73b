package dev.wrenn.host.linux;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.OptionalLong;
import java.util.concurrent.locks.LockSupport;
import java.util.regex.Pattern;

/// Frequency of the time stamp counter, which an emulated guest shares with its host and must be
/// told. Measured, then replaced by the kernel's own figure if that agrees: `/proc/cpuinfo` shows a
/// momentary clock, a figure in the log can be older than a move of this machine, and the
/// measurement is right to some 10 ppm only.
public final class TscFrequency {
    private static final long MEASURE_NS = 100_000_000;
    private static final double AGREE =
            500e-6; // well above the error of measuring, below any fault
    private static final Path LOG = Path.of("/dev/kmsg");
    private static final int RECORD_BYTES =
            8192; // longest record, Documentation/ABI/testing/dev-kmsg

    // arch/x86/kernel/tsc.c; the refined figure comes later in the log and wins
    private static final Pattern DETECTED =
            Pattern.compile("tsc: (?:Detected|Refined TSC clocksource calibration:) ([0-9.]+) MHz");

    private static final int PROT_READ_WRITE = 3; // <asm-generic/mman-common.h>
    private static final int PROT_READ_EXEC = 5; // <asm-generic/mman-common.h>
    private static final int MAP_PRIVATE_ANONYMOUS = 0x22; // <asm-generic/mman-common.h>
    private static final long PAGE_BYTES = 4096;

    // rdtsc; shl rdx, 32; or rax, rdx; ret — Intel SDM volume 2, RDTSC
    private static final byte[] CODE = {
        0x0f, 0x31, 0x48, (byte) 0xc1, (byte) 0xe2, 0x20, 0x48, 0x09, (byte) 0xd0, (byte) 0xc3
    };

    private static final MethodHandle MMAP =
            Native.handle(
                    "mmap", // void *mmap(void *, size_t, int prot, int flags, int fd, off_t)
                    FunctionDescriptor.of(
                            JAVA_LONG, ADDRESS, JAVA_LONG, JAVA_INT, JAVA_INT, JAVA_INT,
                            JAVA_LONG));
    private static final MethodHandle MPROTECT =
            Native.handle(
                    "mprotect", // int mprotect(void *, size_t, int prot)
                    FunctionDescriptor.of(JAVA_INT, ADDRESS, JAVA_LONG, JAVA_INT));
    private static final MethodHandle MUNMAP =
            Native.handle(
                    "munmap", // int munmap(void *, size_t)
                    FunctionDescriptor.of(JAVA_INT, ADDRESS, JAVA_LONG));

    private TscFrequency() {}

    /// Takes about 0.1 s; keep the result.
    public static long kHz() {
        long measured = measure();
        var told = fromLog();
        boolean agrees =
                told.isPresent() && Math.abs(told.getAsLong() - measured) <= measured * AGREE;
        return agrees ? told.getAsLong() : measured;
    }

    static OptionalLong parse(String logLine) {
        var match = DETECTED.matcher(logLine);
        if (!match.find()) return OptionalLong.empty();
        return OptionalLong.of(Math.round(Double.parseDouble(match.group(1)) * 1000));
    }

    /// The newest figure in the kernel log; empty when it has scrolled out or may not be read.
    private static OptionalLong fromLog() {
        var found = OptionalLong.empty();
        var record = new byte[RECORD_BYTES];
        try (var log = Posix.open(LOG, Posix.O_RDONLY | Posix.O_NONBLOCK)) {
            while (true) {
                try {
                    int length = Posix.read(log, record);
                    if (length == 0) return found;
                    var line = parse(new String(record, 0, length, StandardCharsets.UTF_8));
                    if (line.isPresent()) found = line;
                } catch (ErrnoException e) {
                    // EPIPE: the record was overwritten meanwhile, the next read goes on after it
                    if (e.errno() != ErrnoException.EPIPE) return found;
                }
            }
        } catch (ErrnoException e) {
            return found;
        }
    }

    /// Counts for a while against the monotonic clock.
    static long measure() {
        long address =
                Native.call(
                        "mmap",
                        (_, state) ->
                                (long)
                                        MMAP.invokeExact(
                                                state,
                                                MemorySegment.NULL,
                                                PAGE_BYTES,
                                                PROT_READ_WRITE,
                                                MAP_PRIVATE_ANONYMOUS,
                                                -1,
                                                0L));
        var page = MemorySegment.ofAddress(address).reinterpret(PAGE_BYTES);
        try {
            MemorySegment.copy(CODE, 0, page, JAVA_BYTE, 0, CODE.length);
            Native.call(
                    "mprotect",
                    (_, state) ->
                            (int) MPROTECT.invokeExact(state, page, PAGE_BYTES, PROT_READ_EXEC));
            var rdtsc = Native.LINKER.downcallHandle(page, FunctionDescriptor.of(JAVA_LONG));
            return measure(rdtsc);
        } finally {
            Native.call("munmap", (_, state) -> (int) MUNMAP.invokeExact(state, page, PAGE_BYTES));
        }
    }

    private static long measure(MethodHandle rdtsc) {
        var first = Sample.take(rdtsc);
        long until = first.nanos + MEASURE_NS;
        for (long left = MEASURE_NS; left > 0; left = until - System.nanoTime())
            LockSupport.parkNanos(left);
        var last = Sample.take(rdtsc);
        return Math.round((last.ticks - first.ticks) * 1e6 / (last.nanos - first.nanos));
    }

    /// Both clocks at one moment: of some tries the one in which least time passed.
    private record Sample(long ticks, long nanos) {
        private static final int TRIES = 50;

        static Sample take(MethodHandle rdtsc) {
            var best = new Sample(0, 0);
            long least = Long.MAX_VALUE;
            for (int i = 0; i < TRIES; i++) {
                long before = System.nanoTime();
                long ticks = read(rdtsc);
                long took = System.nanoTime() - before;
                if (took >= least) continue;
                least = took;
                best = new Sample(ticks, before + took / 2);
            }
            return best;
        }

        private static long read(MethodHandle rdtsc) {
            try {
                return (long) rdtsc.invokeExact();
            } catch (RuntimeException | Error e) {
                throw e;
            } catch (Throwable t) {
                throw new AssertionError(t); // a downcall declares no checked exception
            }
        }
    }
}
