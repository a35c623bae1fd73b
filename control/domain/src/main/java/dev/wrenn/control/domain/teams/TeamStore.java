package dev.wrenn.control.domain.teams;

import dev.wrenn.common.model.TeamId;
import dev.wrenn.common.model.UserId;
import dev.wrenn.control.domain.audit.Actor;
import dev.wrenn.control.domain.identity.Role;
import java.util.List;
import java.util.Optional;

/// Stored teams. Each method is one transaction and writes what it changed to the audit trail;
/// thread-safe. Deleted teams are not there for any of them.
public interface TeamStore {
    /// By the time of joining.
    List<Membership> of(UserId user);

    Optional<Team> find(TeamId team);

    /// By the time of joining.
    List<Member> members(TeamId team);

    /// A new team with its owner.
    Team create(String name, UserId owner, Actor by);

    /// @return false when there is no such team
    boolean rename(TeamId team, String name, Actor by);

    /// Deletes the team for everybody at once: its keys die, what it has is removed later.
    ///
    /// @return false when there is no such team
    boolean delete(TeamId team, Actor by);

    /// How adding a member ends.
    sealed interface Added {
        record Done(Member member) implements Added {}

        /// No active account has the address.
        record NoAccount() implements Added {}

        record AlreadyMember() implements Added {}
    }

    Added add(TeamId team, String email, Actor by);

    /// How changing a membership ends.
    enum Change {
        DONE,
        /// No member of the team.
        NOT_FOUND,
        /// The owner can neither leave, be removed nor get another role.
        OWNER
    }

    Change setRole(TeamId team, UserId user, Role role, Actor by);

    /// Ends a membership; the keys that the user made for the team go with it.
    ///
    /// @param left by the user itself
    Change remove(TeamId team, UserId user, boolean left, Actor by);

    /// Makes a member the owner; the owner becomes an admin.
    Change transfer(TeamId team, UserId from, UserId to, Actor by);

    /// Somebody who may be added to a team.
    record Candidate(UserId user, String email) {}

    /// Active accounts whose address begins so.
    List<Candidate> search(String prefix, int limit);

    /// What a team uses and may use.
    record Usage(Amounts used, Amounts limit) {}

    /// @param normal what a team may have for which nothing else was said
    Usage usage(TeamId team, Amounts normal);
}
