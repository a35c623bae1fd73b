package dev.wrenn.control.api;

import dev.wrenn.control.domain.capsules.CapsuleMetrics;
import dev.wrenn.control.domain.usage.MetricPoint;
import dev.wrenn.control.domain.usage.MetricRange;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// `GET /v1/capsules/{id}/metrics`: what one capsule took.
final class MetricRoutes {
    private final CapsuleMetrics metrics;

    MetricRoutes(CapsuleMetrics metrics) {
        this.metrics = metrics;
    }

    List<Route> routes() {
        return List.of(
                new Route(
                        "GET", "/v1/capsules/{id}/metrics", TeamAccess.LOOK_AT_ONE, this::metrics));
    }

    /// 200; 400 for another range, 404 also for one that neither runs nor is paused, unless it
    /// ended within a week; 502, 503.
    private Reply metrics(Call call) {
        var id = call.capsule();
        var text = call.query("range").filter(t -> !t.isEmpty());
        var range =
                MetricRange.parse(text.orElse(MetricRange.TEN_MINUTES.wire()))
                        .orElseThrow(() ->
                                ApiException.invalid(
                                        "range: expected 5m, 10m, 1h, 2h, 6h, 12h or 24h"));
        return switch (metrics.read(call.principal().team(), id, range)) {
            case CapsuleMetrics.Outcome.Points(var points) -> {
                var json = new LinkedHashMap<String, Object>();
                json.put("sandbox_id", id.toString());
                json.put("range", range.wire());
                json.put("points", points.stream().map(MetricRoutes::json).toList());
                yield Reply.ok(json);
            }
            case CapsuleMetrics.Outcome.NotFound _ -> Reply.error(ErrorTable.NO_SANDBOX);
            case CapsuleMetrics.Outcome.Nothing(var row) ->
                    Reply.error(
                            new ApiError(
                                    404,
                                    "not_found",
                                    "no metrics (status: " + row.status().wire() + ")"));
            case CapsuleMetrics.Outcome.Failed(var fault, var detail) ->
                    Reply.error(ErrorTable.of(fault, detail));
        };
    }

    private static Map<String, Object> json(MetricPoint point) {
        var json = new LinkedHashMap<String, Object>();
        json.put("timestamp_unix", point.at().getEpochSecond());
        json.put("cpu_pct", Math.round(point.cpuPercent() * 100) / 100.0);
        json.put("mem_bytes", point.memoryBytes());
        json.put("disk_bytes", point.diskBytes());
        return json;
    }
}
