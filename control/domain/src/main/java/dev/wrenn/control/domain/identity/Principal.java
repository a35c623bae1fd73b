package dev.wrenn.control.domain.identity;

import dev.wrenn.common.model.TeamId;
import dev.wrenn.common.model.UserId;
import dev.wrenn.control.domain.audit.Actor;
import java.util.Optional;

/// A caller that proved who it is, as the database knows it now.
///
/// @param team that the credential is for; every capsule it may see belongs to this one
/// @param role of the user in that team; empty when the team is gone or the user has left it
/// @param user who signed in, or made the key
/// @param name of that user
/// @param platformAdmin whether that user administers the platform
public record Principal(
        TeamId team,
        Optional<Role> role,
        UserId user,
        String name,
        boolean platformAdmin,
        Credential credential) {
    /// Who is told to have done what this caller does.
    public Actor actor() {
        return switch (credential) {
            case Credential.Key(var id, var keyName, _) -> Actor.apiKey(id, keyName);
            case Credential.Session _ -> Actor.user(user, name);
        };
    }

    /// True when the user is a live member of the live team with at least this role.
    public boolean has(Role least) {
        return role.isPresent() && role.get().atLeast(least);
    }
}
