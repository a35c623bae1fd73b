package dev.wrenn.bench;

import dev.wrenn.common.model.CapsuleId;
import dev.wrenn.common.model.HostId;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.TimeUnit;

/// One control plane with 1,000 simulated hosts and 100,000 capsules, all of one team: what it
/// costs to know that they are there, how long it takes to choose a host, pages of the list, and
/// creates at a steady rate.
final class FleetBench implements Bench {
    /// What simulated hosts are marked with.
    static final String PROVIDER = "simulated";

    private static final double MOST_CPU_PERCENT = 25;
    private static final double MOST_PLACEMENT_MS = 50;
    private static final double MOST_PAGE_MS = 50;
    private static final double RATE = 50; // creates per second
    private static final int SECONDS = 60;
    private static final int FIRST = 500; // creates of the warm-up, at half the rate
    private static final int QUIET_SECONDS = 60;
    private static final int SETTLE_SECONDS = 75; // two full lists of each host
    private static final int LIMIT_SECONDS = 180;
    private static final int PAGES = 500;
    private static final String SEED = Sql.text("fleet.sql");
    private static final String MOST = "1000000";

    private static final String FLOOR = Sql.text("fleet-floor.sql").formatted(PROVIDER);
    private static final Duration FLOOR_EACH = Duration.ofMillis(100);
    private static final String RUNNING = Sql.text("fleet-running.sql").formatted(PROVIDER);
    private static final String MIDDLE = Sql.text("fleet-middle.sql");

    private static final Map<String, String> SETTINGS =
            Map.of(
                    "WRENN_WAITING_VMS", "off",
                    "WRENN_WARM", "off",
                    "WRENN_CP_ATTEMPTS_PER_ADDRESS", MOST,
                    "WRENN_CP_TEAM_CAPSULES", MOST,
                    "WRENN_CP_TEAM_VCPUS", MOST,
                    "WRENN_CP_TEAM_MEMORY_MB", "1000000000",
                    "WRENN_CP_TEAM_DISK_MB", "2000000000");

    @Override
    public String name() {
        return "fleet";
    }

    @Override
    public int defaultRuns() {
        return 1;
    }

    @Override
    public List<Measure> run(Place place, int runs) {
        int hosts = number("WRENN_BENCH_HOSTS", 1000);
        int capsules = number("WRENN_BENCH_CAPSULES", 100_000);
        try (var installation = place.another(SETTINGS)) {
            var api = place.api(installation);
            var fleetApi = new FleetApi(api, installation.token(api));
            int port = freePort();
            var address = "127.0.0.1:" + port;
            fleetApi.drainAll();
            place.progress().say("fleet: registering " + hosts + " hosts");
            var members = new ArrayList<Membership>();
            for (int i = 0; i < hosts; i++) members.add(fleetApi.register(address));
            try (var pulse = Pulse.start(fleetApi, members, address);
                    var fleet = new SimulatedFleet(members)) {
                var sql = new Sql(installation);
                place.progress().say("fleet: " + capsules + " capsules");
                seed(sql, fleet, capsules);
                fleet.listen(port);
                awaitReady(fleetApi, hosts);
                pulse.tell("capsules put in", place.progress());
                var results = new ArrayList<Measure>();
                place.progress().say("fleet: warm-up");
                var first = OpenLoop.run(RATE / 2, FIRST, api::createAtOnce);
                tell(first, place);
                results.add(Measure.exactly("first_errors", first.errors().size(), "creates", 0));
                pulse.tell("warm-up", place.progress());
                place.progress().say("fleet: quiet");
                rest(SETTLE_SECONDS);
                results.addAll(quiet(installation));
                pulse.tell("quiet", place.progress());
                place.progress().say("fleet: pages");
                results.addAll(pages(api, sql));
                pulse.tell("pages", place.progress());
                for (int i = 1; i <= runs; i++) {
                    place.progress().say("fleet: " + RATE + " creates/s, " + i + " of " + runs);
                    results.addAll(creates(api, fleetApi, installation, sql, place));
                }
                pulse.tell("creates", place.progress());
                int expected = capsules + FIRST + runs * (int) (RATE * SECONDS);
                int stored = Integer.parseInt(sql.run(RUNNING).strip());
                results.add(Measure.exactly("running_in_the_end", stored, "capsules", expected));
                results.add(
                        Measure.exactly(
                                "on_hosts_in_the_end", fleet.count(), "capsules", expected));
                results.add(Measure.exactly("heartbeats_lost", pulse.lost(), "heartbeats", 0));
                return results;
            }
        }
    }

    private static void seed(Sql sql, SimulatedFleet fleet, int capsules) {
        for (var line : sql.run(SEED.formatted(capsules, PROVIDER)).split("\n")) {
            var ids = line.strip().split("\\|");
            var host = new HostId(UUID.fromString(ids[1])).toString();
            fleet.host(host).has(new CapsuleId(UUID.fromString(ids[0])).toString());
        }
    }

    private static void awaitReady(FleetApi api, int hosts) {
        for (int i = 0; api.metric("wrenn_hosts_ready") < hosts; i++) {
            if (i > LIMIT_SECONDS)
                throw new BenchException("not " + hosts + " hosts ready in " + i + " s");
            rest(1);
        }
    }

    private static List<Measure> quiet(Installation installation) {
        var control = new Running(installation.pid("control"));
        var database = new Running(installation.pid("postgres"));
        double before = control.cpuSeconds();
        double databaseBefore = database.cpuSecondsOfAll();
        long start = System.nanoTime();
        rest(QUIET_SECONDS);
        double took = (System.nanoTime() - start) / 1e9;
        return List.of(
                Measure.atMost(
                        "quiet_cpu",
                        100 * (control.cpuSeconds() - before) / took,
                        "%",
                        MOST_CPU_PERCENT),
                Measure.of(
                        "quiet_cpu_of_database",
                        100 * (database.cpuSecondsOfAll() - databaseBefore) / took,
                        "%"));
    }

    private static List<Measure> pages(Api api, Sql sql) {
        var key = "X-API-Key: " + api.key() + "\r\n";
        var middle = sql.run(MIDDLE);
        var before = new CapsuleId(UUID.fromString(middle.strip()));
        var first = new Way(api.address(), "localhost", "/v1/capsules?limit=100", key);
        var later =
                new Way(api.address(), "localhost", "/v1/capsules?limit=100&before=" + before, key);
        first.latencies(PAGES);
        later.latencies(PAGES);
        return List.of(
                Measure.of("first_page_median", first.samples().median(), "ms"),
                Measure.atMost("first_page_p99", first.samples().p99(), "ms", MOST_PAGE_MS),
                Measure.of("later_page_median", later.samples().median(), "ms"),
                Measure.atMost("later_page_p99", later.samples().p99(), "ms", MOST_PAGE_MS));
    }

    private static List<Measure> creates(
            Api api, FleetApi fleet, Installation installation, Sql sql, Place place) {
        var control = new Running(installation.pid("control"));
        var database = new Running(installation.pid("postgres"));
        double before = control.cpuSeconds();
        double databaseBefore = database.cpuSecondsOfAll();
        var floor = SqlFloor.start(sql, FLOOR, FLOOR_EACH);
        long start = System.nanoTime();
        var done = OpenLoop.run(RATE, (int) (RATE * SECONDS), api::createAtOnce);
        double took = (System.nanoTime() - start) / 1e9;
        var bare = floor.stop();
        double busy = 100 * (control.cpuSeconds() - before) / took;
        double databaseBusy = 100 * (database.cpuSecondsOfAll() - databaseBefore) / took;
        tell(done, place);
        double p50 = 1000 * fleet.metric("wrenn_placement_seconds{quantile=\"0.5\"}");
        double p99 = 1000 * fleet.metric("wrenn_placement_seconds{quantile=\"0.99\"}");
        return List.of(
                Measure.exactly("create_errors", done.errors().size(), "creates", 0),
                Measure.of("create_median", done.times().median(), "ms"),
                Measure.of("create_p99", done.times().p99(), "ms"),
                Measure.of("create_max", done.times().max(), "ms"),
                Measure.of("placement_median", p50, "ms"),
                Measure.atMost("placement_p99", p99, "ms", MOST_PLACEMENT_MS),
                Measure.of("storing_bare_median", bare.median(), "ms"),
                Measure.of("storing_bare_p99", bare.p99(), "ms"),
                Measure.of("creates_cpu", busy, "%"),
                Measure.of("creates_cpu_of_database", databaseBusy, "%"));
    }

    private static void tell(OpenLoop done, Place place) {
        done.errors().stream().distinct().limit(3).forEach(place.progress()::say);
    }

    /// A smaller fleet, to try the benchmark itself.
    private static int number(String variable, int normal) {
        var said = System.getenv(variable);
        return said == null ? normal : Integer.parseInt(said);
    }

    static int freePort() {
        try (var socket = new ServerSocket(0, 1, InetAddress.ofLiteral("127.0.0.1"))) {
            return socket.getLocalPort();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /// Time that is measured, or that has to pass before.
    private static void rest(long seconds) {
        try {
            TimeUnit.SECONDS.sleep(seconds);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new BenchException("interrupted in a quiet time", e);
        }
    }
}
