package dev.wrenn.control.domain.builds;

import dev.wrenn.control.domain.capsules.Capsules;
import dev.wrenn.control.domain.hosts.HostDirectory;
import dev.wrenn.control.domain.teams.Amounts;
import dev.wrenn.control.domain.templates.TemplateStore;

/// What builds work with.
///
/// @param registry where images are that are no archive
/// @param normal what a team may have for which nothing else was said
public record BuildParts(
        TemplateStore templates,
        Capsules capsules,
        HostDirectory hosts,
        ImageRegistry registry,
        Amounts normal) {}
