package dev.wrenn.control.domain.channels;

import dev.wrenn.common.model.ChannelId;
import dev.wrenn.common.model.TeamId;
import dev.wrenn.control.domain.audit.Actor;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// Stored channels. Each method is one transaction and writes what it changed to the audit trail;
/// thread-safe.
public interface ChannelStore {
    /// How storing ends.
    sealed interface Stored {
        record Done(Channel channel) implements Stored {}

        /// The team has a channel of this name.
        record NameTaken() implements Stored {}

        /// The team has as many channels as it may.
        record Full() implements Stored {}

        /// No such channel, or another team's.
        record NotFound() implements Stored {}
    }

    /// A channel that is about to be stored.
    ///
    /// @param sealed see [Seals]
    record Fresh(
            ChannelId id,
            TeamId team,
            String name,
            String provider,
            Map<String, String> sealed,
            List<String> events) {}

    Stored insert(Fresh channel, int limit, Actor by);

    /// By name.
    List<Channel> of(TeamId team);

    Optional<Channel> find(TeamId team, ChannelId id);

    /// @param name empty: it stays
    /// @param events empty: they stay
    Stored change(
            TeamId team,
            ChannelId id,
            Optional<String> name,
            Optional<List<String>> events,
            Actor by);

    Stored configure(TeamId team, ChannelId id, Map<String, String> sealed, Actor by);

    /// @return false when the team has no such channel
    boolean delete(TeamId team, ChannelId id, Actor by);

    /// What a channel is configured with.
    record Sealed(ChannelId id, Map<String, String> values) {}

    /// Of every channel after this one, in the order of ids.
    List<Sealed> sealed(ChannelId after, int limit);

    /// Puts the same values, sealed anew, in the place of these.
    void reseal(Sealed before, Map<String, String> after);
}
