package dev.wrenn.control.domain.identity;

import dev.wrenn.common.model.ApiKeyId;
import java.util.UUID;

/// By what a caller proved who it is.
public sealed interface Credential {
    /// An API key.
    record Key(ApiKeyId id, String name, KeyScope scope) implements Credential {}

    /// A session that began with a sign-in.
    record Session(UUID id) implements Credential {}
}
