package dev.wrenn.control.domain.teams;

import dev.wrenn.common.model.TeamId;
import java.time.Instant;

/// A team.
///
/// @param slug never changes, and is never given to another team
/// @param byoc whether it brings hosts of its own
public record Team(TeamId id, String name, String slug, boolean byoc, Instant createdAt) {}
