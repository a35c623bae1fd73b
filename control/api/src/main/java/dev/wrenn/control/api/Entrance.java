package dev.wrenn.control.api;

import dev.wrenn.common.model.CapsuleId;
import dev.wrenn.control.domain.capsules.CapsuleRow;
import dev.wrenn.control.domain.capsules.Capsules;
import dev.wrenn.control.domain.capsules.Outcomes;
import dev.wrenn.control.domain.identity.Authenticator;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/// Who may talk to a capsule over a WebSocket: known by the header of the upgrade or, as browsers
/// cannot set one, by the first message `{"type":"auth","token":"…"}`.
///
/// @param authLimit how long that message may take
record Entrance(Capsules capsules, Authenticator authenticator, Duration authLimit) {
    /// Whether the client may go on.
    sealed interface Decision {
        record In(CapsuleRow capsule) implements Decision {}

        /// @param words for the client
        record Out(String words) implements Decision {}
    }

    /// @param key of the header
    Decision enter(CapsuleId id, @Nullable String key, Inbox inbox) throws InterruptedException {
        var caller = key == null ? null : authenticator.authenticate(key).orElse(null);
        if (caller == null) {
            var first = inbox.poll(authLimit);
            var token = first == null || !type(first).equals("auth") ? "" : token(first);
            if (!token.isEmpty()) caller = authenticator.authenticate(token).orElse(null);
        }
        if (caller == null) return new Decision.Out("authentication failed");
        return switch (capsules.ready(caller.team(), id)) {
            case Outcomes.Ready.NotFound _ -> new Decision.Out("sandbox not found");
            case Outcomes.Ready.No(var state) ->
                    new Decision.Out("sandbox is not running (status: " + state.word() + ")");
            case Outcomes.Ready.Yes(var row) -> new Decision.In(row);
        };
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
