package dev.wrenn.control.domain.hosts;

import dev.wrenn.common.model.CapsuleId;
import dev.wrenn.common.model.CapsuleSpec;
import dev.wrenn.common.model.Egress;
import dev.wrenn.common.model.TeamId;
import dev.wrenn.common.model.TemplateId;
import dev.wrenn.control.domain.templates.GuestDefaults;

/// What a host must know to boot a capsule.
///
/// @param egress where it may connect to
/// @param templateTeam the team that owns the template: together they name the image
public record BootOrder(
        CapsuleId id,
        long incarnation,
        TeamId templateTeam,
        TemplateId template,
        CapsuleSpec spec,
        GuestDefaults defaults,
        Egress egress) {}
