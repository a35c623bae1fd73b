package dev.wrenn.control.domain.accounts;

import dev.wrenn.common.model.TeamId;
import dev.wrenn.common.model.UserId;
import dev.wrenn.control.domain.teams.Membership;
import java.util.Optional;

/// Stored accounts. Each method is one transaction; thread-safe.
public interface AccountStore {
    Optional<Account> byEmail(String email);

    Optional<Account> byId(UserId id);

    /// The live team that a user begins in: the default one, else the one joined first, else a new
    /// one of this name.
    Membership home(UserId user, String newTeamName);

    /// @return empty unless the user is a member of this live team
    Optional<Membership> membership(UserId user, TeamId team);

    /// True for a team that exists and is not deleted.
    boolean teamLives(TeamId team);
}
