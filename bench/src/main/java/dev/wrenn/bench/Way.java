package dev.wrenn.bench;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
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
    private final List<double[]> paced = new ArrayList<>();
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

    /// Requests come at a rate, whether those before are answered or not: each is sent by whichever
    /// connection is free, and counts from when it was due. Those of the first second, in which
    /// connections are made, do not count.
    ///
    /// @param rate per second
    /// @return milliseconds
    Samples measurePaced(double rate, long millis) {
        var took = paced(rate, millis);
        paced.add(took);
        return new Samples(took);
    }

    /// As [#measurePaced], for what is compiled by it.
    void warmUpPaced(double rate, long millis) {
        paced(rate, millis);
    }

    private double[] paced(double rate, long millis) {
        var schedule = Schedule.of(rate, millis);
        together(_ -> () -> paced(schedule));
        return schedule.took;
    }

    /// When requests are due, and how long each took. All of it is made before: nothing is left to
    /// the collector meanwhile.
    ///
    /// @param start as [System#nanoTime()] has it
    /// @param each nanoseconds from one to the next
    /// @param lead how many do not count
    /// @param took milliseconds of those that count
    private record Schedule(long start, double each, int lead, double[] took, AtomicInteger taken) {
        static Schedule of(double rate, long millis) {
            var took = new double[(int) (rate * millis / 1000)];
            int lead = (int) (rate * LEAD_MS / 1000);
            return new Schedule(System.nanoTime(), 1e9 / rate, lead, took, new AtomicInteger());
        }

        /// The number of the next one; below zero: no more.
        int next() {
            int next = taken.getAndIncrement();
            return next < lead + took.length ? next : -1;
        }

        long due(int number) {
            return start + (long) (number * each);
        }

        void note(int number) {
            if (number >= lead) took[number - lead] = (System.nanoTime() - due(number)) / 1e6;
        }
    }

    private int paced(Schedule schedule) throws IOException {
        try (var connection = connect()) {
            int count = 0;
            for (int next; (next = schedule.next()) >= 0; count++) {
                long due = schedule.due(next);
                for (long left = due - System.nanoTime(); left > 0; left = due - System.nanoTime())
                    LockSupport.parkNanos(left);
                connection.exchange();
                schedule.note(next);
            }
            return count;
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

    /// Of all paced ones that were measured.
    Samples pacedSamples() {
        return new Samples(paced.stream().flatMapToDouble(Arrays::stream).toArray());
    }

    /// Of single requests.
    Samples samples() {
        return new Samples(times.stream().mapToDouble(Double::doubleValue).toArray());
    }
}
