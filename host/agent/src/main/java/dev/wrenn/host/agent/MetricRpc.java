package dev.wrenn.host.agent;

import dev.wrenn.common.connect.CallContext;
import dev.wrenn.contracts.hostagent.v1.FlushSandboxMetricsRequest;
import dev.wrenn.contracts.hostagent.v1.FlushSandboxMetricsResponse;
import dev.wrenn.contracts.hostagent.v1.GetSandboxMetricsRequest;
import dev.wrenn.contracts.hostagent.v1.GetSandboxMetricsResponse;
import dev.wrenn.contracts.hostagent.v1.MetricPoint;
import dev.wrenn.host.capsule.Capsules;
import dev.wrenn.host.capsule.MetricTiers;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;

/// The calls about what capsules take.
final class MetricRpc {
    private final Capsules capsules;
    private final InstantSource clock;

    MetricRpc(Capsules capsules, InstantSource clock) {
        this.capsules = capsules;
        this.clock = clock;
    }

    GetSandboxMetricsResponse points(CallContext call, GetSandboxMetricsRequest q) {
        var id = Wire.id(q.getSandboxId());
        var range = span(q.getRange());
        var tiers = capsules.metrics(id).orElseThrow(Faults::unknown);
        return GetSandboxMetricsResponse.newBuilder()
                .addAllPoints(wire(within(tier(tiers, range), clock.instant().minus(range))))
                .build();
    }

    FlushSandboxMetricsResponse flush(CallContext call, FlushSandboxMetricsRequest q) {
        var tiers = capsules.metrics(Wire.id(q.getSandboxId())).orElseThrow(Faults::unknown);
        return FlushSandboxMetricsResponse.newBuilder()
                .addAllPoints10M(wire(tiers.tenMinutes()))
                .addAllPoints2H(wire(tiers.twoHours()))
                .addAllPoints24H(wire(tiers.day()))
                .build();
    }

    private static Duration span(String range) {
        return switch (range) {
            case "5m" -> Duration.ofMinutes(5);
            case "10m" -> Duration.ofMinutes(10);
            case "1h" -> Duration.ofHours(1);
            case "2h" -> Duration.ofHours(2);
            case "6h" -> Duration.ofHours(6);
            case "12h" -> Duration.ofHours(12);
            case "24h" -> Duration.ofHours(24);
            default -> throw Faults.invalid("range: expected 5m, 10m, 1h, 2h, 6h, 12h or 24h");
        };
    }

    /// The finest one that covers the range.
    private static List<dev.wrenn.host.capsule.MetricPoint> tier(
            MetricTiers tiers, Duration range) {
        if (range.toMinutes() <= 10) return tiers.tenMinutes();
        return range.toHours() <= 2 ? tiers.twoHours() : tiers.day();
    }

    private static List<dev.wrenn.host.capsule.MetricPoint> within(
            List<dev.wrenn.host.capsule.MetricPoint> points, Instant from) {
        return points.stream().filter(point -> !point.at().isBefore(from)).toList();
    }

    private static List<MetricPoint> wire(List<dev.wrenn.host.capsule.MetricPoint> points) {
        var all = new ArrayList<MetricPoint>(points.size());
        for (var point : points)
            all.add(
                    MetricPoint.newBuilder()
                            .setTimestampUnix(point.at().getEpochSecond())
                            .setCpuPct(point.cpuPercent())
                            .setMemBytes(point.memoryBytes())
                            .setDiskBytes(point.diskBytes())
                            .build());
        return all;
    }
}
