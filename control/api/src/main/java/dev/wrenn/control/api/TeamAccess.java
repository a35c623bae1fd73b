package dev.wrenn.control.api;

import dev.wrenn.control.domain.identity.KeyScope;
import java.util.EnumSet;

/// What most routes declare. Not in [Access] itself: an interface that makes instances of what
/// implements it can deadlock when two threads meet it first.
final class TeamAccess {
    /// Looks at what the team has.
    static final Access LOOK = new Access.Team(EnumSet.of(KeyScope.FULL, KeyScope.READ_ONLY));

    /// Looks at one capsule: whoever uses it needs that too.
    static final Access LOOK_AT_ONE = new Access.Team(EnumSet.allOf(KeyScope.class));

    /// Uses a capsule: commands, terminals, files.
    static final Access USE = new Access.Team(EnumSet.of(KeyScope.FULL, KeyScope.EXEC_ONLY));

    /// The same over a WebSocket.
    static final Access USE_SOCKET =
            new Access.AfterUpgrade(EnumSet.of(KeyScope.FULL, KeyScope.EXEC_ONLY));

    /// Makes, changes and ends what the team has.
    static final Access CHANGE = new Access.Team(EnumSet.of(KeyScope.FULL));

    private TeamAccess() {}
}
