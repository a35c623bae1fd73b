package dev.wrenn.control.domain.channels;

import java.time.Duration;
import java.util.Optional;

/// How an attempt ended. The words hold nothing that the other side said, and no secret.
public sealed interface Delivered {
    /// The tool took it.
    record Done(int status) implements Delivered {}

    /// It may work later.
    ///
    /// @param status of the answer, if there was one
    /// @param after when the tool asked for it
    record Later(String words, Optional<Integer> status, Optional<Duration> after)
            implements Delivered {}

    /// It will not work with this configuration.
    record Never(String words, Optional<Integer> status) implements Delivered {}
}
