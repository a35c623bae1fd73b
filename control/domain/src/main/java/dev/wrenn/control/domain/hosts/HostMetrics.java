package dev.wrenn.control.domain.hosts;

import dev.wrenn.common.model.CapsuleId;
import dev.wrenn.control.domain.usage.MetricPoint;
import dev.wrenn.control.domain.usage.MetricRange;
import dev.wrenn.control.domain.usage.MetricTiers;
import java.time.Duration;
import java.util.List;

/// What capsules of one host take. Asking is no activity. [HostFault#NOT_FOUND] when the host has
/// nothing of a capsule. Thread-safe.
public interface HostMetrics {
    /// The points of a range that ends now, oldest first.
    HostAnswer<List<MetricPoint>> points(CapsuleId id, MetricRange range, Duration limit);

    /// All the host has, also of a capsule that stopped or was destroyed some minutes ago.
    HostAnswer<MetricTiers> all(CapsuleId id, Duration limit);
}
