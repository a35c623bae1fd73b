package dev.wrenn.control.domain.builds;

import dev.wrenn.common.model.HostId;
import dev.wrenn.common.model.TemplateId;

/// The disk after a step, kept for the next build that begins with the same steps.
///
/// @param key digest of all that the disk depends on
/// @param template its name on its host, where it is a template of the platform
/// @param bytes allocated, shared with others or not
public record Layer(String key, TemplateId template, HostId host, long bytes) {}
