package dev.wrenn.control.domain.teams;

import dev.wrenn.control.domain.identity.Role;

/// A live team, and what somebody is in it.
public record Membership(Team team, Role role) {}
