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

/// One page of one server, and what was measured of it.
final class Way {
    private static final int CONNECTIONS = 16;
    private static final int PACED_CONNECTIONS = 64; // never all in use when nothing is late
    private static final long LEAD_MS = 1000;

    private final InetSocketAddress address;
    private final String host;
    private final String path;
    private final String headers;
    private final List<Double> rates = new ArrayList<>();
    private final List<double[]> paced = new ArrayList<>();
    private final List<Double> times = new ArrayList<>();
    private double stopped;

    /// @param headers lines beside `Host`, each with its line end
    Way(InetSocketAddress address, String host, String path, String headers) {
        this.address = address;
        this.host = host;
        this.path = path;
        this.headers = headers;
    }

    /// As [#rate(long)], and keeps it.
    double measureRate(long millis) {
        double rate = rate(millis);
        rates.add(rate);
        return rate;
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

    /// Requests come at a rate, whether those before are answered or not: each is sent over
    /// whichever connection is free, and counts from when it was due. Those of the first second, in
    /// which connections are new, do not count.
    ///
    /// @param rate per second
    /// @return milliseconds
    Samples measurePaced(double rate, long millis) {
        var schedule = paced(rate, millis);
        paced.add(schedule.took());
        stopped += schedule.stopped();
        return new Samples(schedule.took());
    }

    /// As [#measurePaced], for what is compiled by it.
    void warmUpPaced(double rate, long millis) {
        paced(rate, millis);
    }

    private Schedule paced(double rate, long millis) {
        return RealTime.call(() -> paced(new Schedule(rate, LEAD_MS, millis, System::nanoTime)));
    }

    private Schedule paced(Schedule schedule) throws IOException {
        try (var connections =
                new KeptConnections(PACED_CONNECTIONS, this::connect, schedule::answered)) {
            schedule.begin();
            while (schedule.goesOn()) {
                while (connections.hasFree() && schedule.left() <= 0)
                    connections.ask(schedule.next());
                long wait = connections.hasFree() ? schedule.left() : Long.MAX_VALUE;
                connections.hear(wait);
                schedule.waited(wait);
            }
        }
        return schedule;
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

    /// Milliseconds in which the machine stopped what asks at a rate.
    double stopped() {
        return stopped;
    }

    /// Of single requests.
    Samples samples() {
        return new Samples(times.stream().mapToDouble(Double::doubleValue).toArray());
    }
}
