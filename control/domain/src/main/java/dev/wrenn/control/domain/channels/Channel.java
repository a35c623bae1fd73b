package dev.wrenn.control.domain.channels;

import dev.wrenn.common.model.ChannelId;
import dev.wrenn.common.model.TeamId;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/// Where a team wants to hear of which events. What it is configured with is secret and elsewhere.
///
/// @param provider see [Provider]
/// @param lastError why the last delivery that was given up failed; empty after one that succeeded
public record Channel(
        ChannelId id,
        TeamId team,
        String name,
        String provider,
        List<String> events,
        Optional<String> lastError,
        Instant createdAt,
        Instant updatedAt) {
    public Channel {
        events = List.copyOf(events);
    }
}
