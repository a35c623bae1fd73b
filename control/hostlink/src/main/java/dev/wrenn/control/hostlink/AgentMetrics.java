package dev.wrenn.control.hostlink;

import dev.wrenn.common.connect.HostAgentMethods;
import dev.wrenn.common.model.CapsuleId;
import dev.wrenn.contracts.hostagent.v1.FlushSandboxMetricsRequest;
import dev.wrenn.contracts.hostagent.v1.GetSandboxMetricsRequest;
import dev.wrenn.control.domain.hosts.HostAnswer;
import dev.wrenn.control.domain.hosts.HostFault;
import dev.wrenn.control.domain.hosts.HostMetrics;
import dev.wrenn.control.domain.usage.MetricPoint;
import dev.wrenn.control.domain.usage.MetricRange;
import dev.wrenn.control.domain.usage.MetricTiers;
import java.time.Duration;
import java.time.Instant;
import java.util.List;

/// What the capsules of one host agent take. Thread-safe.
record AgentMetrics(AgentClient agent) implements HostMetrics {
    @Override
    public HostAnswer<List<MetricPoint>> points(CapsuleId id, MetricRange range, Duration limit) {
        return agent.call(
                HostAgentMethods.GET_SANDBOX_METRICS,
                GetSandboxMetricsRequest.newBuilder()
                        .setSandboxId(id.toString())
                        .setRange(range.wire())
                        .build(),
                limit,
                HostFault.INTERNAL,
                response -> points(response.getPointsList()));
    }

    @Override
    public HostAnswer<MetricTiers> all(CapsuleId id, Duration limit) {
        return agent.call(
                HostAgentMethods.FLUSH_SANDBOX_METRICS,
                FlushSandboxMetricsRequest.newBuilder().setSandboxId(id.toString()).build(),
                limit,
                HostFault.INTERNAL,
                response ->
                        new MetricTiers(
                                points(response.getPoints10MList()),
                                points(response.getPoints2HList()),
                                points(response.getPoints24HList())));
    }

    private static List<MetricPoint> points(
            List<dev.wrenn.contracts.hostagent.v1.MetricPoint> points) {
        return points.stream()
                .map(point ->
                        new MetricPoint(
                                Instant.ofEpochSecond(point.getTimestampUnix()),
                                point.getCpuPct(),
                                point.getMemBytes(),
                                point.getDiskBytes()))
                .toList();
    }
}
