package dev.wrenn.control.domain.network;

import dev.wrenn.common.model.CapsuleId;
import dev.wrenn.common.model.Egress;
import dev.wrenn.common.model.EgressPolicy;
import dev.wrenn.common.model.TeamId;
import dev.wrenn.control.domain.audit.Actor;
import java.util.List;
import java.util.Optional;

/// Stored policies. Each method is one transaction; thread-safe.
public interface NetworkStore {
    /// @return empty when there is no such team
    Optional<EgressPolicy> ofTeam(TeamId team);

    /// @return empty when there is no such capsule, or another team's
    Optional<CapsuleNetwork> ofCapsule(TeamId team, CapsuleId id);

    /// What a capsule boots with.
    Egress egress(CapsuleId id);

    /// Changes a team's policy, marks its capsules as not following it yet, and tells the audit
    /// trail.
    ///
    /// @return false when there is no such team
    boolean setTeam(TeamId team, EgressPolicy policy, Actor by);

    /// The same for a capsule that is not final.
    ///
    /// @return false when there is no such capsule, or another team's
    boolean setCapsule(TeamId team, CapsuleId id, EgressPolicy policy, Actor by);

    /// Capsules that are not final whose hosts are to be told.
    List<CapsuleNetwork> untold(int limit);

    /// The same of one team.
    List<CapsuleNetwork> untold(TeamId team, int limit);

    /// A host follows these policies; does nothing when there are newer ones.
    void told(CapsuleId id, long revision);

    /// Tells the audit trail of what a host has refused, unless somebody just has: every replica
    /// hears of it.
    void denied(CapsuleId id, long incarnation, long packets, List<String> flows);
}
