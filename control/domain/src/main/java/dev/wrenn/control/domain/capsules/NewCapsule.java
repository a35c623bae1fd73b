package dev.wrenn.control.domain.capsules;

import dev.wrenn.common.model.CapsuleId;
import dev.wrenn.common.model.CapsuleSpec;
import dev.wrenn.common.model.HostId;
import dev.wrenn.common.model.TeamId;
import dev.wrenn.common.model.UserId;
import dev.wrenn.control.domain.audit.Actor;
import dev.wrenn.control.domain.hosts.Capacity;
import dev.wrenn.control.domain.ports.PortSettings;
import dev.wrenn.control.domain.templates.Template;

/// A capsule that is about to be stored as pending, in its first life.
///
/// @param capacity of the host: with what is placed on it already it must have room
public record NewCapsule(
        CapsuleId id,
        TeamId team,
        UserId createdBy,
        Actor by,
        Template template,
        HostId host,
        Capacity capacity,
        CapsuleSpec spec,
        PortSettings ports) {}
