package dev.wrenn.control.domain.accounts;

import dev.wrenn.common.model.UserId;
import java.time.Instant;
import java.util.Optional;

/// A person's account.
///
/// @param email trimmed, in lower case
/// @param passwordHash empty while none is set
public record Account(
        UserId id,
        String email,
        String name,
        Optional<String> passwordHash,
        Status status,
        boolean platformAdmin,
        Instant createdAt) {
    /// What may be done with an account.
    public enum Status {
        /// Signed up, not activated.
        INACTIVE("inactive"),
        ACTIVE("active"),
        /// Switched off by a platform administrator.
        DISABLED("disabled"),
        /// Ended by its owner; removed after some days.
        DELETED("deleted");

        private final String wire;

        Status(String wire) {
            this.wire = wire;
        }

        public String wire() {
            return wire;
        }

        /// @throws IllegalArgumentException for anything else
        public static Status ofWire(String text) {
            for (var status : values()) if (status.wire.equals(text)) return status;
            throw new IllegalArgumentException("status: " + text + " (expected: a known one)");
        }
    }

    public boolean active() {
        return status == Status.ACTIVE;
    }
}
