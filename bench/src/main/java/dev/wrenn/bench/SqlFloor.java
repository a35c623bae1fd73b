package dev.wrenn.bench;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/// One prepared statement again and again beside what is measured, by a `psql` that times it
/// itself: what database and machine take for it at that moment without anything of ours.
final class SqlFloor {
    private static final String MADE = "made 1";
    private static final String TIME = "Time: "; // "Time: 1.234 ms", perhaps with more behind it

    private final Process psql;
    private final Duration each;
    private final List<Double> times = new ArrayList<>(); // of the thread, until it has ended
    private final CountDownLatch stopped = new CountDownLatch(1);
    private final Thread thread;
    private volatile String failure = "";

    private SqlFloor(Process psql, Duration each) {
        this.psql = psql;
        this.each = each;
        this.thread = Thread.ofPlatform().name("sql-floor").unstarted(this::run);
    }

    /// @param script prepares `floor`, whose row is `made 1`, and has each statement timed
    static SqlFloor start(Sql sql, String script, Duration each) {
        var floor = new SqlFloor(sql.session(), each);
        floor.write(script);
        floor.thread.start();
        return floor;
    }

    /// Ends it.
    Samples stop() {
        stopped.countDown();
        try {
            thread.join();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new BenchException("interrupted at the floor", e);
        } finally {
            psql.destroy();
        }
        if (!failure.isEmpty()) throw new BenchException("floor: " + failure);
        return new Samples(times.stream().mapToDouble(Double::doubleValue).toArray());
    }

    private void run() {
        try (var said = psql.inputReader(StandardCharsets.UTF_8)) {
            while (!stopped.await(each.toNanos(), TimeUnit.NANOSECONDS)) {
                write("execute floor;\n");
                times.add(time(said));
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            failure = "interrupted";
        } catch (IOException | UncheckedIOException | BenchException e) {
            failure = String.valueOf(e.getMessage());
        }
    }

    private static double time(BufferedReader said) throws IOException {
        for (boolean made = false; ; ) {
            var line = said.readLine();
            if (line == null) throw new BenchException("psql ended");
            if (made && line.startsWith(TIME)) return milliseconds(line);
            if (line.equals(MADE)) made = true;
            else throw new BenchException(line);
        }
    }

    static double milliseconds(String line) {
        return Double.parseDouble(line.substring(TIME.length()).split(" ", 2)[0]);
    }

    private void write(String text) {
        try {
            var out = psql.getOutputStream();
            out.write(text.getBytes(StandardCharsets.UTF_8));
            out.flush();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
