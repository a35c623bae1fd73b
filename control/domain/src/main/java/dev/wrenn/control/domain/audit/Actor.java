package dev.wrenn.control.domain.audit;

import dev.wrenn.common.model.ApiKeyId;
import dev.wrenn.common.model.UserId;
import java.util.Optional;

/// Who did something.
///
/// @param id wire form; empty for the system
public record Actor(Kind kind, Optional<String> id, Optional<String> name) {
    /// What acts.
    public enum Kind {
        USER("user"),
        API_KEY("api_key"),
        SYSTEM("system");

        private final String wire;

        Kind(String wire) {
            this.wire = wire;
        }

        public String wire() {
            return wire;
        }
    }

    /// The platform itself: hosts' reports, time limits, clean-up.
    public static final Actor SYSTEM = new Actor(Kind.SYSTEM, Optional.empty(), Optional.empty());

    public static Actor user(UserId id, String name) {
        return new Actor(Kind.USER, Optional.of(id.toString()), Optional.of(name));
    }

    public static Actor apiKey(ApiKeyId id, String name) {
        return new Actor(Kind.API_KEY, Optional.of(id.toString()), Optional.of(name));
    }
}
