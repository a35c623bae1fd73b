package dev.wrenn.bench;

import java.util.List;

/// `GET /v1/capsules/{id}` with a key, beside a bare Javalin route with the same answer; and first
/// pages of a team with 100,000 capsules and 1,000,000 rows in its audit trail.
final class ApiBench implements Bench {
    private static final double LEAST_RATE = 0.15;
    private static final double MOST_P99_MS = 10;
    private static final double LOAD = 0.7;
    private static final double MOST_PAGE_MS = 20;
    private static final long SPELL_MS = 3000;
    private static final long LOADED_MS = 4000;
    private static final long WARM_UP_MS = 20_000;
    private static final int PAGES = 200;
    private static final int CAPSULES = 100_000;
    private static final int ROWS = 1_000_000;

    // Triggers, which count what hosts have reserved, are left out; the host of the copies is none.
    private static final String SEED =
            """
            set session_replication_role = replica;
            insert into capsules select (jsonb_populate_record(null::capsules, to_jsonb(c) ||
                jsonb_build_object('id', gen_random_uuid(), 'host_id', gen_random_uuid(),
                    'created_at', c.created_at - g * interval '1 ms'))).*
              from capsules c, generate_series(1, %1$d) g where c.status = 'running';
            insert into audit_logs select (jsonb_populate_record(null::audit_logs, to_jsonb(a) ||
                jsonb_build_object('id', gen_random_uuid(),
                    'created_at', a.created_at - g * interval '1 ms'))).*
              from (select * from audit_logs where resource_type = 'sandbox' limit 1) a,
                   generate_series(1, %2$d) g;
            analyze capsules; analyze audit_logs;
            """;

    @Override
    public String name() {
        return "api";
    }

    @Override
    public int defaultRuns() {
        return 7;
    }

    @Override
    public List<Measure> run(Place place, int runs) {
        var api = place.api();
        var id = api.create();
        var path = "/v1/capsules/" + id;
        var key = "X-API-Key: " + api.key() + "\r\n";
        try (var bare = BareRoute.start(api.get(id).toString())) {
            var ours = new Way(api.address(), "localhost", path, key);
            var floor = new Way(bare.address(), "localhost", "/", "");
            warmUp(place.progress(), List.of(ours, floor));
            for (int i = 1; i <= runs; i++) {
                place.progress().say("api: round %d of %d".formatted(i, runs));
                for (var way : i % 2 == 1 ? List.of(ours, floor) : List.of(floor, ours)) {
                    var found = round(way);
                    place.progress().say((way == ours ? "api: ours " : "api: bare ") + found);
                }
            }
            place.progress().say("api: " + CAPSULES + " capsules, " + ROWS + " audit rows");
            new Sql(place.installation()).run(SEED.formatted(CAPSULES, ROWS));
            var capsules = new Way(api.address(), "localhost", "/v1/capsules?limit=100", key);
            var bearer = "Authorization: Bearer " + place.installation().token(api) + "\r\n";
            var rows = new Way(api.address(), "localhost", "/v1/audit-logs?limit=50", bearer);
            capsules.latencies(PAGES);
            rows.latencies(PAGES);
            var paced = ours.pacedSamples();
            var bareOnes = floor.pacedSamples();
            return List.of(
                    Measure.ratioAtLeast("requests", ours.rate(), floor.rate(), "1/s", LEAST_RATE),
                    Measure.beside("at_70_percent", paced.median(), bareOnes.median(), "ms"),
                    Measure.beside("p99_beside_bare", paced.p99(), bareOnes.p99(), "ms"),
                    Measure.atMost("p99_at_70_percent", paced.p99(), "ms", MOST_P99_MS),
                    Measure.of("asking_stopped", ours.stopped(), "ms"),
                    page("first_page_of_capsules", capsules),
                    page("first_page_of_audit_rows", rows));
        } finally {
            api.destroy(id);
        }
    }

    /// What is compiled for as many requests as can be is not all that is compiled for fewer.
    private static void warmUp(Progress progress, List<Way> ways) {
        progress.say("api: warm-up");
        for (var way : ways) way.warmUpPaced(LOAD * way.rate(WARM_UP_MS), WARM_UP_MS);
    }

    /// The load follows at once the rate of which it is a part: a machine shared with others is not
    /// as fast a minute later.
    private static String round(Way way) {
        double rate = way.measureRate(SPELL_MS);
        double p99 = way.measurePaced(LOAD * rate, LOADED_MS).p99();
        return "%.0f/s, p99 at 70 %% of it %.1f ms".formatted(rate, p99);
    }

    private static Measure page(String name, Way way) {
        return Measure.atMost(name, way.samples().median(), "ms", MOST_PAGE_MS);
    }
}
