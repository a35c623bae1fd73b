package dev.wrenn.control.domain.teams;

import dev.wrenn.common.model.UserId;
import dev.wrenn.control.domain.identity.Role;
import java.time.Instant;

/// Somebody who belongs to a team.
public record Member(UserId user, String name, String email, Role role, Instant joinedAt) {}
