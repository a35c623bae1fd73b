package dev.wrenn.control.domain.snapshots;

import dev.wrenn.common.model.HostId;
import dev.wrenn.common.model.TeamId;
import dev.wrenn.common.model.TemplateId;
import java.util.Optional;

/// A snapshot template whose files are not there yet, or not any longer: nobody can use it.
///
/// @param host where its files are; empty: there are none to care for
public record Draft(TemplateId id, TeamId team, String name, Optional<HostId> host) {}
