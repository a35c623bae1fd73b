package dev.wrenn.bench;

import dev.wrenn.host.linux.Fd;
import dev.wrenn.host.linux.Pidfd;
import dev.wrenn.host.linux.Posix;
import dev.wrenn.host.linux.Spawn;
import dev.wrenn.host.linux.UnixSockets;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.IntConsumer;

/// Page faults answered by the pager, beside a page server in C that verifies and records nothing.
/// Both serve the same image in clusters of the same size to the same client, which plays a VMM and
/// times each read of a missing page.
final class PagerBench implements Bench {
    private static final double MIN_RATE = 0.8;
    private static final double MAX_P50 = 1.5;
    private static final int MIB = 256;
    private static final int CLUSTER_BYTES = 64 << 10; // FaultLoop.CLUSTER pages

    @Override
    public String name() {
        return "pager";
    }

    @Override
    public int defaultRuns() {
        return 20;
    }

    @Override
    public List<Measure> run(Place place, int runs) {
        try (var scratch = Scratch.create()) {
            var handler = FloorProgram.compile(place.root(), "uffd-handler", scratch.path());
            var guest = FloorProgram.compile(place.root(), "uffd-guest", scratch.path());
            place.progress().say("pager: writing an image of " + MIB + " MiB");
            var image = PagerImage.write(scratch.path().resolve("image"), MIB);
            try (var pager = PagerProcess.start(scratch.path())) {
                var ours = new Faults();
                var theirs = new Faults();
                for (int i = 1; i <= runs; i++) {
                    boolean first = i % 2 == 1; // who goes first alternates
                    if (!first) theirs.add(floor(handler, guest, image, i));
                    image.forgetWorkingSet();
                    ours.add(product(pager, guest, image, i));
                    if (first) theirs.add(floor(handler, guest, image, i));
                    place.progress()
                            .say(
                                    "pager: turn %d of %d: wrenn %s, floor %s"
                                            .formatted(i, runs, ours.last(), theirs.last()));
                }
                return results(ours, theirs);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static List<Measure> results(Faults ours, Faults theirs) {
        var a = ours.all();
        var b = theirs.all();
        return List.of(
                Measure.ratioAtLeast(
                        "faults_per_second", ours.rate(), theirs.rate(), "faults/s", MIN_RATE),
                Measure.ratio("fault_p50", a.median(), b.median(), "us", MAX_P50),
                Measure.beside("fault_p99", a.p99(), b.p99(), "us"),
                Measure.beside("fault_max", a.max(), b.max(), "us"),
                Measure.beside("first_session_rate", ours.firstRate(), theirs.rate(), "faults/s"),
                Measure.of("fault_first", ours.first(), "us"));
    }

    private static double[] product(PagerProcess pager, Path guest, PagerImage image, int seed)
            throws IOException {
        try (var pair = UnixSockets.pair();
                var session = pager.open(image.directory(), pair.left())) {
            pair.left().close();
            var times = touch(guest, pair.right(), seed, session::vmm);
            pair.right().close();
            session.awaitEnd();
            return times;
        }
    }

    private static double[] floor(Path handler, Path guest, PagerImage image, int seed)
            throws IOException {
        try (var pair = UnixSockets.pair();
                var silent = Posix.open(Path.of("/dev/null"), Posix.O_RDWR);
                var error = Posix.open(Path.of("/dev/stderr"), Posix.O_WRONLY)) {
            var child =
                    Spawn.start(
                            List.of(
                                    handler.toString(),
                                    image.flat().toString(),
                                    Integer.toString(CLUSTER_BYTES)),
                            Map.of(),
                            List.of(silent, silent, error, pair.left()));
            pair.left().close();
            try (var process = child.pidfd()) {
                try {
                    return touch(guest, pair.right(), seed, _ -> {});
                } finally {
                    process.signal(Pidfd.SIGKILL);
                    process.awaitExit();
                    process.reap();
                }
            }
        }
    }

    /// Lets the client read one page of each cluster.
    ///
    /// @param started is told the client's pid
    /// @return microseconds of each read, in the order of the reads
    private static double[] touch(Path guest, Fd server, int seed, IntConsumer started)
            throws IOException {
        try (var in = Posix.pipe();
                var out = Posix.pipe();
                var error = Posix.open(Path.of("/dev/stderr"), Posix.O_WRONLY)) {
            var child =
                    Spawn.start(
                            List.of(
                                    guest.toString(),
                                    Long.toString((long) MIB << 20),
                                    Integer.toString(CLUSTER_BYTES),
                                    Integer.toString(seed)),
                            Map.of(),
                            List.of(in.reader(), out.writer(), error, server));
            out.writer().close(); // the client's own one ends with it
            try (var process = child.pidfd();
                    var answer = new BufferedInputStream(open(out.reader()))) {
                started.accept(child.pid());
                answer.readNBytes("ready\n".length());
                Posix.write(in.writer(), "go\n".getBytes(StandardCharsets.US_ASCII));
                var bytes = answer.readAllBytes();
                process.awaitExit();
                var status = process.reap();
                int reads = (MIB << 20) / CLUSTER_BYTES;
                if (bytes.length != reads * Integer.BYTES)
                    throw new BenchException("uffd-guest: " + status + ", read " + bytes.length);
                return micros(bytes);
            }
        }
    }

    private static InputStream open(Fd reader) throws IOException {
        return Files.newInputStream(Path.of("/proc/self/fd/" + reader.number()));
    }

    private static double[] micros(byte[] nanos) {
        var numbers = ByteBuffer.wrap(nanos).order(ByteOrder.LITTLE_ENDIAN).asIntBuffer();
        var micros = new double[numbers.remaining()];
        for (int i = 0; i < micros.length; i++)
            micros[i] = Integer.toUnsignedLong(numbers.get(i)) / 1e3;
        return micros;
    }

    /// The reads of one side, over all turns.
    private static final class Faults {
        private final List<double[]> turns = new ArrayList<>();

        void add(double[] micros) {
            turns.add(micros);
        }

        String last() {
            var turn = turns.getLast();
            return "%.0f faults/s (p50 %.1f us)".formatted(rate(turn), new Samples(turn).median());
        }

        /// The median turn's, so that one turn in which the machine was busy does not decide.
        double rate() {
            return new Samples(turns.stream().mapToDouble(Faults::rate).toArray()).median();
        }

        Samples all() {
            return new Samples(turns.stream().flatMapToDouble(java.util.Arrays::stream).toArray());
        }

        /// The first turn's: every page is checked against its sum then.
        double firstRate() {
            return rate(turns.getFirst());
        }

        /// The first fault of the first turn: what a guest meets in a pager that has just started.
        double first() {
            return turns.getFirst()[0];
        }

        private static double rate(double[] micros) {
            return micros.length / (java.util.Arrays.stream(micros).sum() / 1e6);
        }
    }
}
