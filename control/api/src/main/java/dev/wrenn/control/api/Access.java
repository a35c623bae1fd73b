package dev.wrenn.control.api;

import dev.wrenn.control.domain.identity.Credential;
import dev.wrenn.control.domain.identity.KeyScope;
import dev.wrenn.control.domain.identity.Principal;
import dev.wrenn.control.domain.identity.Role;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/// Who may call a route. Every route says it; there is no default, and nothing else decides it.
sealed interface Access {
    /// Anybody.
    record Public() implements Access {}

    /// Every member of a team, by session, and the team's API keys of these scopes.
    record Team(Set<KeyScope> scopes) implements Access {
        public Team {
            scopes = Set.copyOf(scopes);
        }
    }

    /// The same, but asked after a WebSocket upgrade: browsers send a credential only then.
    record AfterUpgrade(Set<KeyScope> scopes) implements Access {
        public AfterUpgrade {
            scopes = Set.copyOf(scopes);
        }
    }

    /// Who signed in, also when the session's team is gone or was left.
    record Account() implements Access {}

    /// Who signed in and has at least this role in the session's team.
    record Session(Role least) implements Access {}

    /// The same, on routes whose `{id}` is a team: it must be the session's.
    record OwnTeam(Role least) implements Access {}

    /// Who signed in and administers the platform.
    record PlatformAdmin() implements Access {}

    /// The same, but asked after a WebSocket upgrade.
    record PlatformAfterUpgrade() implements Access {}

    /// Who signed in and administers the platform or the session's team: manages hosts.
    record HostManager() implements Access {}

    /// The agent of the host in the path, by its own token; nobody else.
    record HostAgent() implements Access {}

    /// How the contract writes it.
    default String words() {
        return switch (this) {
            case Public _ -> "anybody";
            case Team(var scopes) -> "team: " + words(scopes);
            case AfterUpgrade(var scopes) -> "team, after the upgrade: " + words(scopes);
            case Account _ -> "account";
            case Session(var least) -> "session: " + least.wire();
            case OwnTeam(var least) -> "own team: " + least.wire();
            case PlatformAdmin _ -> "platform admin";
            case PlatformAfterUpgrade _ -> "platform admin, after the upgrade";
            case HostManager _ -> "platform admin, or session: admin";
            case HostAgent _ -> "the host";
        };
    }

    private static String words(Set<KeyScope> scopes) {
        return scopes.stream().sorted().map(KeyScope::wire).collect(Collectors.joining(", "));
    }

    /// Whether API keys are looked at.
    default boolean takesKeys() {
        return switch (this) {
            case Team _, AfterUpgrade _ -> true;
            case Public _,
                    Account _,
                    Session _,
                    OwnTeam _,
                    PlatformAdmin _,
                    PlatformAfterUpgrade _,
                    HostManager _,
                    HostAgent _ ->
                    false;
        };
    }

    /// Why a caller may not.
    ///
    /// @param team that the path names, if it does
    /// @return empty when it may
    default Optional<ApiError> refusal(Principal caller, @Nullable String team) {
        return switch (this) {
            case Public _, Account _ -> Optional.empty();
            case HostAgent _ -> throw new IllegalStateException("no user calls it");
            case HostManager _ ->
                    caller.platformAdmin() ? Optional.empty() : role(caller, Role.ADMIN);
            case Team(var scopes) -> team(caller, scopes);
            case AfterUpgrade(var scopes) -> team(caller, scopes);
            case Session(var least) -> role(caller, least);
            case OwnTeam(var least) -> {
                if (caller.role().isPresent() && !caller.team().toString().equals(team))
                    yield forbidden("not the team of this session: switch to it first");
                yield role(caller, least);
            }
            case PlatformAdmin _, PlatformAfterUpgrade _ -> platform(caller);
        };
    }

    /// Not by a key of whoever administers it: a key is for its team.
    private static Optional<ApiError> platform(Principal caller) {
        return caller.platformAdmin() && caller.credential() instanceof Credential.Session
                ? Optional.empty()
                : forbidden("not allowed");
    }

    private static Optional<ApiError> team(Principal caller, Set<KeyScope> scopes) {
        if (caller.credential() instanceof Credential.Key(_, _, var scope)
                && !scopes.contains(scope)) return forbidden("the API key is " + scope.wire());
        return role(caller, Role.MEMBER);
    }

    private static Optional<ApiError> role(Principal caller, Role least) {
        if (caller.role().isEmpty()) return Optional.of(ErrorTable.NO_TEAM);
        return caller.has(least)
                ? Optional.empty()
                : forbidden("expected the role " + least.wire() + " in the team");
    }

    private static Optional<ApiError> forbidden(String message) {
        return Optional.of(new ApiError(403, "forbidden", message));
    }
}
