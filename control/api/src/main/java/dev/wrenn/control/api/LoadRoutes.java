package dev.wrenn.control.api;

import dev.wrenn.control.domain.usage.Load;
import dev.wrenn.control.domain.usage.LoadStore;
import dev.wrenn.control.domain.usage.StatRange;
import dev.wrenn.control.domain.usage.Statistics;
import java.time.DateTimeException;
import java.time.InstantSource;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// `GET /v1/capsules/stats` and `/usage`: what the team runs over time. They stand before
/// `/v1/capsules/{id}`, which has no such id.
final class LoadRoutes {
    private static final int NORMAL_DAYS = 30;
    private static final int MOST_DAYS = 92;

    private final LoadStore loads;
    private final InstantSource clock;

    LoadRoutes(LoadStore loads, InstantSource clock) {
        this.loads = loads;
        this.clock = clock;
    }

    List<Route> routes() {
        return List.of(
                new Route("GET", "/v1/capsules/stats", TeamAccess.LOOK, this::stats),
                new Route("GET", "/v1/capsules/usage", TeamAccess.LOOK, this::usage));
    }

    /// 200; 400 for another range.
    private Reply stats(Call call) {
        var text = call.query("range").filter(t -> !t.isEmpty()).orElse(StatRange.HOUR.wire());
        var range =
                StatRange.parse(text)
                        .orElseThrow(() ->
                                ApiException.invalid("range: expected 5m, 1h, 6h, 24h or 30d"));
        var found = Statistics.read(loads, call.principal().team(), range);
        var series = found.series();
        var json = new LinkedHashMap<String, Object>();
        json.put("range", range.wire());
        json.put(
                "current",
                figures("running_count", "vcpus_reserved", "memory_mb_reserved", found.current()));
        json.put("peaks", figures("running_count", "vcpus", "memory_mb", found.peaks()));
        json.put(
                "series",
                Map.of(
                        "labels", series.stream().map(p -> p.at().toString()).toList(),
                        "running", series.stream().map(p -> p.most().running()).toList(),
                        "vcpus", series.stream().map(p -> p.most().vcpus()).toList(),
                        "memory_mb", series.stream().map(p -> p.most().memoryMb()).toList()));
        return Reply.ok(json);
    }

    private static Map<String, Object> figures(
            String running, String vcpus, String memory, Load load) {
        var json = new LinkedHashMap<String, Object>();
        json.put(running, load.running());
        json.put(vcpus, load.vcpus());
        json.put(memory, load.memoryMb());
        return json;
    }

    /// 200; 400 for days that are none, in the wrong order, or too many.
    private Reply usage(Call call) {
        var to =
                day(call, "to")
                        .orElseGet(() -> LocalDate.ofInstant(clock.instant(), ZoneOffset.UTC));
        var from = day(call, "from").orElseGet(() -> to.minusDays(NORMAL_DAYS - 1));
        if (from.isAfter(to)) throw ApiException.invalid("from: after to");
        if (from.plusDays(MOST_DAYS).compareTo(to) <= 0)
            throw ApiException.invalid("from: expected at most 92 days with to");
        var json = new LinkedHashMap<String, Object>();
        json.put("from", from.toString());
        json.put("to", to.toString());
        json.put(
                "points",
                loads.days(call.principal().team(), from, to).stream()
                        .map(LoadRoutes::json)
                        .toList());
        return Reply.ok(json);
    }

    private static Map<String, Object> json(LoadStore.Day day) {
        var json = new LinkedHashMap<String, Object>();
        json.put("date", day.date().toString());
        json.put("cpu_minutes", thousandths(day.vcpuMinutes()));
        json.put("ram_mb_minutes", thousandths(day.memoryMbMinutes()));
        return json;
    }

    private static double thousandths(double minutes) {
        return Math.round(minutes * 1000) / 1000.0;
    }

    private static Optional<LocalDate> day(Call call, String name) {
        var text = call.query(name).filter(t -> !t.isEmpty());
        if (text.isEmpty()) return Optional.empty();
        try {
            // Years of four digits only: others are dates for Java and not for the database.
            if (text.get().length() == 10) return Optional.of(LocalDate.parse(text.get()));
        } catch (DateTimeException e) {
            // answered below
        }
        throw ApiException.invalid(name + ": expected a day, such as 2026-05-02");
    }
}
