package dev.wrenn.control.domain.identity;

import dev.wrenn.common.model.HostId;
import dev.wrenn.common.model.TeamId;
import dev.wrenn.common.model.UserId;
import java.util.Optional;
import java.util.function.Supplier;

/// What a one-machine installation starts with: one user who owns one team with one API key, and
/// the local host.
///
/// @param passwordHash see [PasswordHash]; asked for when there is no such user yet, as it is dear
/// @param keyHash see [ApiKeyText#hash(String)]
/// @param hostAddress `host:port` of the local agent
/// @param hostTokenHash of the token that the local agent registers with; empty for an agent that
///   does not register
public record Seed(
        UserId user,
        String email,
        Supplier<String> passwordHash,
        TeamId team,
        String keyHash,
        String keyPrefix,
        HostId host,
        String hostAddress,
        Optional<String> hostTokenHash) {
    /// With an agent that does not register.
    public Seed(
            UserId user,
            String email,
            String passwordHash,
            TeamId team,
            String keyHash,
            String keyPrefix,
            HostId host,
            String hostAddress) {
        this(
                user,
                email,
                () -> passwordHash,
                team,
                keyHash,
                keyPrefix,
                host,
                hostAddress,
                Optional.empty());
    }
}
