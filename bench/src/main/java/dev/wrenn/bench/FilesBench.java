package dev.wrenn.bench;

import java.util.ArrayList;
import java.util.List;

/// Files through the API: 256 MiB up and down beside a bare socket (what `nc` does) into and out of
/// a file on the same guest's disk, and 1,000 files of 4 KiB in one archive beside one request for
/// each.
final class FilesBench implements Bench {
    private static final long BYTES = 256L << 20;
    private static final double MIB = 1 << 20;
    private static final int WARM_UP = 4; // rounds: until both compilers of two processes are done
    private static final int SMALL_FILES = 1000;
    private static final int SMALL = 4096;
    private static final double LEAST_OF_NC = 0.75;
    private static final double LEAST_ARCHIVE = 10;

    @Override
    public String name() {
        return "files";
    }

    @Override
    public int defaultRuns() {
        return 3;
    }

    @Override
    public List<Measure> run(Place place, int runs) {
        var id = place.api().create();
        try {
            var address = HostRecord.read(place.installation().host(), id).hostIp();
            var files = new Transfers(place.api(), id);
            var nc = new Netcat(place.api(), id, address);
            place.progress().say("files: warm-up");
            for (int i = 0; i < WARM_UP; i++) new Times().round(files, nc, i % 2 == 1);
            var times = new Times();
            for (int i = 0; i < runs; i++) {
                place.progress().say("files: 256 MiB, round " + (i + 1) + " of " + runs);
                times.round(files, nc, i % 2 == 1);
            }
            var results = new ArrayList<>(times.results());
            results.addAll(small(place, id, files, runs));
            return results;
        } finally {
            place.api().destroy(id);
        }
    }

    private static List<Measure> small(Place place, String id, Transfers files, int runs) {
        var guest = place.api().guest(id);
        var tar = Transfers.tar(SMALL_FILES, SMALL);
        files.unpack("/root/warm", tar);
        var one = new ArrayList<Double>();
        var many = new ArrayList<Double>();
        for (int i = 0; i < runs; i++) {
            place.progress()
                    .say(
                            "files: "
                                    + SMALL_FILES
                                    + " small files, round "
                                    + (i + 1)
                                    + " of "
                                    + runs);
            var folder = "/root/" + i;
            // What was written before is on the disk, so that nobody pays for another.
            guest.run("/bin/sync", List.of());
            one.add(seconds(() -> single(files, folder + "/one/")));
            guest.run("/bin/sync", List.of());
            many.add(seconds(() -> files.unpack(folder + "/many", tar)));
        }
        double single = median(one);
        double archive = median(many);
        return List.of(
                Measure.beside("files_1000_archive", archive * 1e3, single * 1e3, "ms"),
                Measure.atLeast("archive_speedup", single / archive, "x", LEAST_ARCHIVE));
    }

    private static void single(Transfers files, String folder) {
        for (int i = 0; i < SMALL_FILES; i++) files.upload(folder + i, SMALL);
    }

    private static double median(List<Double> all) {
        return new Samples(all.stream().mapToDouble(Double::doubleValue).toArray()).median();
    }

    private static double seconds(Runnable work) {
        long start = System.nanoTime();
        work.run();
        return (System.nanoTime() - start) / 1e9;
    }

    /// What both ways took, by turns, in seconds.
    private static final class Times {
        private final List<Double> up = new ArrayList<>();
        private final List<Double> down = new ArrayList<>();
        private final List<Double> ncUp = new ArrayList<>();
        private final List<Double> ncDown = new ArrayList<>();

        void round(Transfers files, Netcat nc, boolean ncFirst) {
            if (ncFirst) netcat(nc);
            up.add(seconds(() -> files.upload("/root/api", BYTES)));
            down.add(seconds(() -> files.download("/root/api", BYTES)));
            if (!ncFirst) netcat(nc);
        }

        private void netcat(Netcat nc) {
            ncUp.add(seconds(() -> nc.upload("/root/nc", BYTES)));
            ncDown.add(seconds(() -> nc.download("/root/nc", BYTES)));
        }

        List<Measure> results() {
            return List.of(
                    Measure.ratioAtLeast("upload", rate(up), rate(ncUp), "MiB/s", LEAST_OF_NC),
                    Measure.ratioAtLeast(
                            "download", rate(down), rate(ncDown), "MiB/s", LEAST_OF_NC));
        }

        private static double rate(List<Double> seconds) {
            return BYTES / MIB / median(seconds);
        }
    }
}
