package dev.wrenn.control.domain.fleet;

import dev.wrenn.common.model.CapsuleId;
import dev.wrenn.common.model.HostId;
import dev.wrenn.common.model.TeamId;
import dev.wrenn.control.domain.audit.Actor;
import java.time.Duration;
import java.time.Instant;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.UUID;

/// Stored hosts and what they prove themselves with. Each method is one transaction and writes what
/// it changed to the audit trail; thread-safe.
public interface FleetStore {
    /// A token's stored form.
    ///
    /// @param id under which it is referred to
    record Token(UUID id, String hash, Duration life) {}

    /// Stores a pending host with its registration token.
    ///
    /// @return empty when the team is gone or brings no hosts of its own
    Optional<FleetHost> create(NewHost host, Token registration);

    Optional<FleetHost> find(HostId id);

    /// Oldest first.
    ///
    /// @param team empty: the hosts of everybody
    List<FleetHost> list(Optional<TeamId> team);

    /// Voids earlier registration tokens of a host that is pending or unreachable, and stores one.
    ///
    /// @return false when the host is in another state, or gone
    boolean renewRegistration(HostId id, Token registration, Actor by);

    /// Uses a registration token, of two callers by one only. Earlier refresh tokens of the host
    /// die.
    ///
    /// @return the host, online; empty when the token is unknown, used or too old
    Optional<FleetHost> redeem(String hash, Machine machine, Token refresh);

    /// Stores the successor of a refresh token, which itself stays good until the successor is seen
    /// in use: see [#heartbeat]. When a token is shown that was revoked longer than `grace` ago,
    /// somebody else has had it, and all tokens of the host die.
    ///
    /// @return empty when the token is unknown, revoked or too old
    Optional<FleetHost> rotate(String hash, Token successor, Duration grace);

    /// Notes when a host's certificate ends.
    void certified(HostId id, Instant ends);

    /// What came of a heartbeat.
    enum Beat {
        NOTED,
        /// The refresh token that the shown one belongs to is revoked.
        REVOKED,
        /// No such host.
        GONE
    }

    /// A host is alive; revokes the tokens before the one it used.
    ///
    /// @param address where its agent is now; empty: unchanged
    Beat heartbeat(HostId id, UUID refresh, Optional<String> address);

    /// A control plane hears these hosts. They are noted some at a time, each time in a
    /// transaction.
    ///
    /// @param age only what was noted longer ago is noted anew
    void heard(Collection<HostId> hosts, Duration age);

    /// Marks hosts that were heard of for the last time longer ago than `silence` as unreachable.
    ///
    /// @return those that were not before
    List<HostId> markSilent(Duration silence);

    /// Sets a host aside, or takes it back.
    ///
    /// @return the host; empty when there is none
    Optional<FleetHost> drain(HostId id, boolean draining, Actor by);

    /// What would be lost with a host.
    ///
    /// @param capsules that are placed on it and have not ended
    /// @param templates of which it has the only copy
    record Losses(List<CapsuleId> capsules, List<String> templates) {
        public Losses {
            capsules = List.copyOf(capsules);
            templates = List.copyOf(templates);
        }

        /// Nothing would.
        public boolean none() {
            return capsules.isEmpty() && templates.isEmpty();
        }
    }

    Losses losses(HostId id);

    /// How removing a host ends.
    sealed interface Removal {
        record Done() implements Removal {}

        /// Something would be lost.
        record Kept(Losses losses) implements Removal {}

        record NotFound() implements Removal {}
    }

    /// Removes a host that has nothing, for good: what it proves itself with dies. Nothing can be
    /// placed on it in between.
    ///
    /// @param templatesToo also one that has the only copy of templates; these go with it
    Removal remove(HostId id, boolean templatesToo, Actor by);

    /// @return false when there is no such host
    boolean addTag(HostId id, String tag, Actor by);

    /// Removing one that is not there is fine.
    ///
    /// @return false when there is no such host
    boolean removeTag(HostId id, String tag, Actor by);
}
