package dev.wrenn.common.model;

import java.util.UUID;

/// An identifier of an entity: a 128-bit UUID, on the wire a prefix and 25 characters of base 36.
///
/// `toString()` of every id is its wire form. Ids are immutable.
public sealed interface WireId
        permits ApiKeyId,
                AuditEntryId,
                BuildId,
                CapsuleId,
                ChannelId,
                HostId,
                TeamId,
                TemplateId,
                UserId {
    /// The all-zero UUID: the platform team, and the `minimal` template within it.
    UUID ZERO = new UUID(0, 0);

    /// The UUID behind the wire form.
    UUID value();

    /// The 25 characters without prefix, as used in paths on a host.
    default String base36() {
        return Base36.encode(value());
    }

    /// Reads `prefix` followed by 25 characters of base 36.
    ///
    /// @throws InvalidIdException for anything else, also for values of 2^128 and above
    static UUID parse(String prefix, String kind, String text) {
        if (!text.startsWith(prefix)) throw new InvalidIdException(kind);
        return Base36.decode(text.substring(prefix.length()))
                .orElseThrow(() -> new InvalidIdException(kind));
    }
}
