package dev.wrenn.control.api;

import dev.wrenn.common.model.CapsuleId;
import dev.wrenn.common.model.TeamId;
import dev.wrenn.common.model.UserId;
import dev.wrenn.control.domain.StoreUnavailableException;
import dev.wrenn.control.domain.capsules.CapsuleRow;
import dev.wrenn.control.domain.capsules.Capsules;
import dev.wrenn.control.domain.capsules.Outcomes;
import dev.wrenn.control.domain.identity.Principal;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Who may talk to a capsule over a WebSocket: known by the head of the upgrade or, as browsers
/// cannot set headers, by the first message `{"type":"auth","token":"…"}`. Remembers who is inside,
/// so that whoever loses the right can be sent out. Thread-safe.
final class Entrance {
    private static final Logger LOG = LoggerFactory.getLogger(Entrance.class);

    private final Capsules capsules;
    private final Doorman doorman;
    private final Access access;
    private final Duration authLimit;
    private final ConcurrentHashMap<SocketSession, Principal> inside = new ConcurrentHashMap<>();

    /// @param access to capsules of the caller's team, or to those of the platform
    /// @param authLimit how long the first message may take
    Entrance(Capsules capsules, Doorman doorman, Access access, Duration authLimit) {
        this.capsules = capsules;
        this.doorman = doorman;
        this.access = access;
        this.authLimit = authLimit;
    }

    Access access() {
        return access;
    }

    /// Whether the client may go on.
    sealed interface Decision {
        record In(CapsuleRow capsule) implements Decision {}

        /// @param words for the client
        record Out(String words) implements Decision {}
    }

    /// @param shown with the upgrade
    Decision enter(SocketSession socket, CapsuleId id, Credentials shown, Inbox inbox)
            throws InterruptedException {
        var caller = caller(shown, inbox);
        if (caller.isEmpty()) return new Decision.Out("authentication failed");
        var refusal = access.refusal(caller.get(), null);
        if (refusal.isPresent()) return new Decision.Out(refusal.get().message());
        inside.put(socket, caller.get());
        // A change between the check and the entry in the list must not be missed.
        if (!mayStay(caller.get())) return new Decision.Out("authentication failed");
        return switch (capsules.ready(team(caller.get()), id)) {
            case Outcomes.Ready.NotFound _ -> new Decision.Out("sandbox not found");
            case Outcomes.Ready.No(var state) ->
                    new Decision.Out("sandbox is not running (status: " + state.word() + ")");
            case Outcomes.Ready.Yes(var row) -> new Decision.In(row);
        };
    }

    /// Whose capsules are meant.
    private TeamId team(Principal caller) {
        return access instanceof Access.PlatformAfterUpgrade ? TeamId.PLATFORM : caller.team();
    }

    private Optional<Principal> caller(Credentials shown, Inbox inbox) throws InterruptedException {
        try {
            var known = doorman.identify(access, shown);
            if (known.isPresent()) return known;
        } catch (ApiException e) {
            LOG.atDebug().log("the upgrade's credentials are not good");
        }
        var first = inbox.poll(authLimit);
        var token = first == null || !type(first).equals("auth") ? "" : token(first);
        if (token.isEmpty()) return Optional.empty();
        try {
            return Optional.of(doorman.token(token));
        } catch (ApiException e) {
            return Optional.empty();
        }
    }

    /// The socket is closed.
    void left(SocketSession socket) {
        inside.remove(socket);
    }

    /// Rights have changed: sends out whoever may not stay.
    ///
    /// @param whose empty: anybody's
    void check(Optional<UserId> whose) {
        for (var entry : inside.entrySet()) {
            if (whose.isPresent() && !whose.get().equals(entry.getValue().user())) continue;
            try {
                if (mayStay(entry.getValue())) continue;
            } catch (StoreUnavailableException e) {
                LOG.atWarn().log("rights not checked: no database; the next check does it");
                return;
            }
            LOG.atInfo()
                    .addKeyValue("user", entry.getValue().user())
                    .addKeyValue("team", entry.getValue().team())
                    .log("socket closed: its client lost the right");
            entry.getKey().sendOut();
        }
    }

    private boolean mayStay(Principal earlier) {
        var now = doorman.authenticator().again(earlier);
        return now.isPresent() && access.refusal(now.get(), null).isEmpty();
    }

    /// The type of a message; empty when it has none.
    static String type(Fields message) {
        var type = message.object().get("type");
        return type != null && type.isString() ? type.stringValue() : "";
    }

    private static String token(Fields message) {
        var token = message.object().get("token");
        return token != null && token.isString() ? token.stringValue() : "";
    }
}
