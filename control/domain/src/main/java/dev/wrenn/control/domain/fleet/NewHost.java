package dev.wrenn.control.domain.fleet;

import dev.wrenn.common.model.HostId;
import dev.wrenn.common.model.TeamId;
import dev.wrenn.common.model.UserId;
import dev.wrenn.control.domain.audit.Actor;
import java.util.Optional;

/// A host that is about to be stored as pending.
public record NewHost(
        HostId id,
        HostType type,
        Optional<TeamId> team,
        Optional<String> provider,
        Optional<String> zone,
        UserId createdBy,
        Actor by) {}
