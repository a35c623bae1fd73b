package dev.wrenn.control.domain.audit;

import dev.wrenn.common.model.TeamId;
import java.time.Duration;
import java.util.List;

/// What happened, in the order in which everybody hears of it. Thread-safe.
public interface EventLog {
    /// Which events are wanted.
    ///
    /// @param after the number of the last one that is known
    /// @param names empty: any
    /// @param resources ids; empty: any
    record Query(TeamId team, long after, List<String> names, List<String> resources, int limit) {
        public Query {
            names = List.copyOf(names);
            resources = List.copyOf(resources);
        }
    }

    /// Oldest first.
    List<Outbox.Item> find(Query query);

    /// The number of the newest event of all teams; 0 when there was none.
    long newest();

    /// Removes events of this age.
    void removeOlder(Duration age);
}
