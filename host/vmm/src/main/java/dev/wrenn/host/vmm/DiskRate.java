package dev.wrenn.host.vmm;

/// How fast one capsule may read and write its disk, both together. For one second it may be
/// [#BURST] times as fast: a boot and a program's start read a lot at once.
///
/// The VMM holds the requests back by itself: control groups of version 1 do not see writes that go
/// through the host's page cache, as a capsule's do.
///
/// @param bytesPerSecond at least 1 MiB, or 0 for no limit
/// @param operationsPerSecond at least 100, or 0 for no limit
public record DiskRate(long bytesPerSecond, long operationsPerSecond) {
    /// A second's most, as a multiple of the rate.
    public static final int BURST = 4;

    /// No limit of either kind.
    public static final DiskRate UNLIMITED = new DiskRate(0, 0);

    private static final long LEAST_BYTES = 1 << 20;
    private static final long LEAST_OPERATIONS = 100;

    public DiskRate {
        check("bytes", bytesPerSecond, LEAST_BYTES);
        check("operations", operationsPerSecond, LEAST_OPERATIONS);
    }

    private static void check(String what, long value, long least) {
        if (value != 0 && value < least)
            throw new IllegalArgumentException(
                    what + " per second: " + value + " (expected: 0, or at least " + least + ")");
    }

    /// QEMU's options of a drive, each after a comma; empty without a limit. QEMU fills a bucket
    /// evenly; its size is the most of one second (docs/throttle.txt there).
    String qemuOptions() {
        return qemuOption("bps", bytesPerSecond) + qemuOption("iops", operationsPerSecond);
    }

    private static String qemuOption(String unit, long rate) {
        if (rate == 0) return "";
        var name = ",throttling." + unit + "-total";
        return name + "=" + rate + name + "-max=" + rate * BURST;
    }
}
