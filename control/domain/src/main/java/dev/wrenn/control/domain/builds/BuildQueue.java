package dev.wrenn.control.domain.builds;

import dev.wrenn.common.model.BuildId;
import java.time.Duration;

/// Wakes a worker of some replica early. The stored rows are the truth: nothing depends on it.
public interface BuildQueue {
    /// Does nothing when the queue is away.
    void push(BuildId id);

    /// Waits until there may be work, this long at most.
    void await(Duration longest) throws InterruptedException;
}
