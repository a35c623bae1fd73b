package dev.wrenn.control.hostlink;

import dev.wrenn.common.connect.Code;
import dev.wrenn.common.connect.ConnectException;
import dev.wrenn.contracts.hostagent.v1.FlushSandboxMetricsRequest;
import dev.wrenn.contracts.hostagent.v1.FlushSandboxMetricsResponse;
import dev.wrenn.contracts.hostagent.v1.GetSandboxMetricsRequest;
import dev.wrenn.contracts.hostagent.v1.GetSandboxMetricsResponse;
import dev.wrenn.contracts.hostagent.v1.MetricPoint;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;

/// What a fake agent has measured: one point of each capsule it has, unless a test says otherwise.
/// Thread-safe.
public final class FakeMetrics {
    private final FakeHostAgent agent;
    private final Map<String, FlushSandboxMetricsResponse> said = new ConcurrentHashMap<>();
    private final CopyOnWriteArrayList<String> asked = new CopyOnWriteArrayList<>();

    FakeMetrics(FakeHostAgent agent) {
        this.agent = agent;
    }

    /// What is told of a capsule from now on, also when it is not there any more.
    public void say(String id, FlushSandboxMetricsResponse points) {
        said.put(id, points);
    }

    /// Each question, such as `10m cl-…` or `all cl-…`.
    public List<String> asked() {
        return asked;
    }

    GetSandboxMetricsResponse points(GetSandboxMetricsRequest q) {
        asked.add(q.getRange() + " " + q.getSandboxId());
        var all = all(q.getSandboxId());
        var points =
                switch (q.getRange()) {
                    case "5m", "10m" -> all.getPoints10MList();
                    case "1h", "2h" -> all.getPoints2HList();
                    default -> all.getPoints24HList();
                };
        return GetSandboxMetricsResponse.newBuilder().addAllPoints(points).build();
    }

    FlushSandboxMetricsResponse flush(FlushSandboxMetricsRequest q) {
        asked.add("all " + q.getSandboxId());
        return all(q.getSandboxId());
    }

    private FlushSandboxMetricsResponse all(String id) {
        var known = said.get(id);
        if (known != null) return known;
        if (!agent.capsules().containsKey(id))
            throw new ConnectException(Code.NOT_FOUND, "no such sandbox");
        var now = point(Instant.now(), 12.5);
        return FlushSandboxMetricsResponse.newBuilder()
                .addPoints10M(now)
                .addPoints2H(now)
                .addPoints24H(now)
                .build();
    }

    /// One point.
    public static MetricPoint point(Instant at, double cpu) {
        return MetricPoint.newBuilder()
                .setTimestampUnix(at.getEpochSecond())
                .setCpuPct(cpu)
                .setMemBytes(128L << 20)
                .setDiskBytes(5L << 20)
                .build();
    }
}
