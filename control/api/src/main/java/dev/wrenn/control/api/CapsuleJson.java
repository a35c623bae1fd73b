package dev.wrenn.control.api;

import dev.wrenn.control.domain.capsules.CapsuleRow;
import dev.wrenn.control.domain.templates.Template;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.LinkedHashMap;
import java.util.Map;

/// Capsules and templates as clients see them.
final class CapsuleJson {
    private CapsuleJson() {}

    static Map<String, Object> of(CapsuleRow row) {
        var json = new LinkedHashMap<String, Object>();
        var facts = row.facts();
        json.put("id", row.id().toString());
        json.put("status", row.status().wire());
        json.put("template", row.templateName());
        json.put("vcpus", row.spec().vcpus());
        json.put("memory_mb", row.spec().memory().mib());
        json.put("timeout_sec", row.spec().idleTimeout().toSeconds());
        facts.guestIp().ifPresent(ip -> json.put("guest_ip", ip));
        facts.hostIp().ifPresent(ip -> json.put("host_ip", ip));
        json.put("created_at", time(row.createdAt()));
        facts.startedAt().ifPresent(at -> json.put("started_at", time(at)));
        facts.lastActiveAt().ifPresent(at -> json.put("last_active_at", time(at)));
        json.put("last_updated", time(row.updatedAt()));
        row.state().endCause().ifPresent(cause -> json.put("cause", cause));
        if (!facts.metadata().isEmpty()) json.put("metadata", facts.metadata());
        return json;
    }

    static Map<String, Object> of(Template template) {
        var json = new LinkedHashMap<String, Object>();
        json.put("name", template.name());
        json.put("type", template.type().wire());
        json.put("vcpus", template.vcpus());
        json.put("memory_mb", template.memory().mib());
        json.put("size_bytes", template.sizeBytes());
        json.put("created_at", time(template.createdAt()));
        json.put("platform", template.platform());
        if (!template.metadata().isEmpty()) json.put("metadata", template.metadata());
        return json;
    }

    /// RFC 3339 in UTC, to the microsecond.
    static String time(Instant at) {
        return at.truncatedTo(ChronoUnit.MICROS).toString();
    }
}
