package dev.wrenn.control.domain.platform;

import dev.wrenn.common.model.TeamId;
import dev.wrenn.common.model.UserId;
import dev.wrenn.control.domain.accounts.Account;
import dev.wrenn.control.domain.audit.Actor;
import dev.wrenn.control.domain.teams.Team;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/// Every team and account. Each method is one transaction and writes what it changed to the
/// platform's audit trail; thread-safe.
public interface PlatformStore {
    /// @param total on all pages
    record Page<T>(List<T> items, long total) {
        public Page {
            items = List.copyOf(items);
        }
    }

    /// A team in the list.
    record TeamLine(
            Team team,
            Optional<Instant> deletedAt,
            int members,
            Optional<String> ownerName,
            Optional<String> ownerEmail,
            long activeCapsules,
            long channels) {}

    /// An account in the list; only live teams count.
    record UserLine(
            UserId id,
            String email,
            String name,
            boolean platformAdmin,
            Account.Status status,
            Instant createdAt,
            int teamsJoined,
            int teamsOwned) {}

    /// Live ones first, newest first; without the platform's own.
    ///
    /// @param page from 1
    Page<TeamLine> teams(int page, int size);

    /// Newest first.
    ///
    /// @param page from 1
    Page<UserLine> users(int page, int size);

    /// Lets a team bring hosts of its own, for ever.
    ///
    /// @return false when there is no such team
    boolean enableByoc(TeamId team, Actor by);

    /// Deletes a team like its owner would.
    ///
    /// @return false when there is no such team
    boolean deleteTeam(TeamId team, Actor by);

    /// What was said for a team: empty where what holds for every team holds for it.
    Quota quota(TeamId team);

    /// Sets what a team may have; what it has already stays.
    ///
    /// @return false when there is no such team
    boolean setQuota(TeamId team, Quota quota, Actor by);

    /// How switching an account on or off ends.
    enum Switched {
        DONE,
        /// Unknown or deleted.
        NOT_FOUND,
        /// Its owner never activated it: nobody knows whose address it is.
        NEVER_ACTIVATED
    }

    /// Switches an account off: its sessions and keys end, and so do the capsules of teams that it
    /// owns; or on again.
    Switched setActive(UserId user, boolean active, Actor by);
}
