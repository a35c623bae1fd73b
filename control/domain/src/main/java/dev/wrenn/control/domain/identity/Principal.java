package dev.wrenn.control.domain.identity;

import dev.wrenn.common.model.ApiKeyId;
import dev.wrenn.common.model.TeamId;
import dev.wrenn.common.model.UserId;

/// A caller that proved who it is.
///
/// @param team every capsule it may see belongs to this one
/// @param user who made the key
public record Principal(TeamId team, UserId user, ApiKeyId key) {}
