package dev.wrenn.bench;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;

/// One page of one server, and what was measured of it.
final class Way {
    private static final int CONNECTIONS = 16;
    private static final long LEAD_MS = 1000;

    private final InetSocketAddress address;
    private final String host;
    private final String path;
    private final String headers;
    private final List<Double> rates = new ArrayList<>();
    private final List<Double> times = new ArrayList<>();

    /// @param headers lines beside `Host`, each with its line end
    Way(InetSocketAddress address, String host, String path, String headers) {
        this.address = address;
        this.host = host;
        this.path = path;
        this.headers = headers;
    }

    void measureRate(long millis) {
        rates.add(rate(millis));
    }

    /// Requests per second over several connections at once, each as fast as it can.
    double rate(long millis) {
        long start = System.nanoTime();
        long end = start + millis * 1_000_000;
        long all = 0;
        for (var count : together(number -> () -> until(end))) all += count;
        return all / ((System.nanoTime() - start) / 1e9);
    }

    private long until(long end) throws IOException {
        try (var connection = connect()) {
            long count = 0;
            for (; System.nanoTime() < end; count++) connection.exchange();
            return count;
        }
    }

    /// Latencies in milliseconds when requests come at a rate, whether those before are answered or
    /// not: each is sent by whichever connection is free, and counts from when it was due. Those of
    /// the first second, in which connections are made, do not count.
    Samples paced(double rate, long millis) {
        long start = System.nanoTime();
        var schedule = new Schedule(start, 1e9 / rate, start + (LEAD_MS + millis) * 1_000_000);
        var all = new ArrayList<Double>();
        for (var some : together(_ -> () -> paced(schedule))) all.addAll(some);
        return new Samples(all.stream().mapToDouble(Double::doubleValue).toArray());
    }

    /// When requests are due: in nanoseconds, as [System#nanoTime()].
    private record Schedule(long start, double each, long end, AtomicLong taken) {
        Schedule(long start, double each, long end) {
            this(start, each, end, new AtomicLong());
        }

        /// When the next one is due.
        long next() {
            return start + (long) (taken.getAndIncrement() * each);
        }

        boolean counts(long due) {
            return due - start >= LEAD_MS * 1_000_000;
        }
    }

    private List<Double> paced(Schedule schedule) throws IOException {
        var measured = new ArrayList<Double>();
        try (var connection = connect()) {
            for (long due; (due = schedule.next()) < schedule.end; ) {
                for (long left = due - System.nanoTime(); left > 0; left = due - System.nanoTime())
                    LockSupport.parkNanos(left);
                connection.exchange();
                if (schedule.counts(due)) measured.add((System.nanoTime() - due) / 1e6);
            }
            return measured;
        }
    }

    private interface Tasks<T> {
        Callable<T> task(int number);
    }

    private <T> List<T> together(Tasks<T> tasks) {
        try (var threads = Executors.newFixedThreadPool(CONNECTIONS)) {
            var futures = new ArrayList<Future<T>>();
            for (int i = 0; i < CONNECTIONS; i++) futures.add(threads.submit(tasks.task(i)));
            var results = new ArrayList<T>();
            for (var future : futures) results.add(future.get());
            return results;
        } catch (ExecutionException e) {
            throw new BenchException(path + ": " + e.getMessage(), e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new BenchException("interrupted in " + path, e);
        }
    }

    /// Single requests, one after the other.
    void latencies(int count) {
        try (var connection = connect()) {
            connection.exchange();
            for (int i = 0; i < count; i++) {
                long start = System.nanoTime();
                connection.exchange();
                times.add((System.nanoTime() - start) / 1e6);
            }
        } catch (IOException e) {
            throw new BenchException(path + ": " + e.getMessage(), e);
        }
    }

    private KeptConnection connect() throws IOException {
        return new KeptConnection(address, host, path, headers);
    }

    /// The median of the rates.
    double rate() {
        return new Samples(rates.stream().mapToDouble(Double::doubleValue).toArray()).median();
    }

    /// Of single requests.
    Samples samples() {
        return new Samples(times.stream().mapToDouble(Double::doubleValue).toArray());
    }
}
