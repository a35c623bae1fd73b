package dev.wrenn.control.domain.hosts;

import dev.wrenn.common.model.TemplateId;
import java.util.Optional;

/// What is known of a host at one moment.
///
/// @param reachable it was heard within the last [HostDirectory#SILENCE]
/// @param report the last one, however old; empty until the first
public record HostView(Host host, boolean reachable, Optional<HostReport> report) {
    /// It can be given capsules.
    public boolean ready() {
        return reachable && report.map(HostReport::ready).orElse(false);
    }

    /// It reported that it can make capsules of this template.
    public boolean has(TemplateId template) {
        return report.map(r -> r.templates().contains(template)).orElse(false);
    }

    /// Why [#ready()] is false, in words.
    public String notReadyReason() {
        if (!reachable) return "not reachable";
        return report.map(HostReport::notReadyReason).orElse("has not reported yet");
    }
}
