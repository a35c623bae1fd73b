package dev.wrenn.control.domain.channels;

import dev.wrenn.common.model.ChannelId;
import dev.wrenn.common.model.TeamId;
import dev.wrenn.control.domain.audit.Outbox;
import java.time.Duration;
import java.time.Instant;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;

/// What is to be told to channels: a row for each event and channel, made when the event gets its
/// place in the order. Thread-safe.
public interface DeliveryStore {
    /// A delivery that this control plane attends to for a while.
    ///
    /// @param attempts that ended before
    record Claimed(
            UUID id,
            ChannelId channel,
            String provider,
            Map<String, String> sealed,
            int attempts,
            Outbox.Item item) {}

    /// Claims what is due: of each channel some of the oldest, never one while an earlier one about
    /// the same resource is open.
    ///
    /// @param without channels that get nothing now
    /// @param each of one channel
    /// @param lease after which somebody else may claim it
    List<Claimed> claim(Collection<ChannelId> without, int each, int limit, Duration lease);

    /// Shows that this control plane lives, and ends the claims of those that do not any more: for
    /// them nobody has to wait for a lease to end. Asked again and again.
    ///
    /// @return how many claims ended
    int releaseOfTheGone();

    /// A delivery that was taken.
    ///
    /// @param status of the answer
    record Taken(Claimed delivery, int status) {}

    /// They were taken; all of them are noted at once.
    void done(Collection<Taken> deliveries);

    /// It is tried again after a while.
    void later(Claimed delivery, String words, Optional<Integer> status, Duration after);

    /// It is given up, and the channel shows why.
    void failed(Claimed delivery, String words, Optional<Integer> status);

    /// A delivery as its team sees it.
    ///
    /// @param state `waiting`, `delivered` or `failed`
    record Line(
            UUID id,
            String event,
            String resource,
            String state,
            int attempts,
            Optional<Integer> status,
            Optional<String> error,
            Instant createdAt,
            Optional<Instant> finishedAt) {}

    /// Newest first.
    List<Line> of(TeamId team, ChannelId channel, int limit);

    /// Tries an ended one again, as if it were new.
    ///
    /// @return false when the team's channel has no such one, or it has not ended
    boolean again(TeamId team, ChannelId channel, UUID delivery);

    /// Removes ended ones of this age.
    void removeOlder(Duration age);
}
