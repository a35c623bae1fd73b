package dev.wrenn.control.api;

import dev.wrenn.control.domain.teams.Team;
import dev.wrenn.control.domain.teams.TeamStore;
import java.util.LinkedHashMap;
import java.util.Map;

/// A team, and what it uses and may use, as clients see it.
final class TeamJson {
    private TeamJson() {}

    static Map<String, Object> of(Team team) {
        var json = new LinkedHashMap<String, Object>();
        json.put("id", team.id().toString());
        json.put("name", team.name());
        json.put("slug", team.slug());
        json.put("is_byoc", team.byoc());
        json.put("created_at", team.createdAt().toString());
        return json;
    }

    static Map<String, Object> of(TeamStore.Usage usage) {
        var used = usage.used();
        var limit = usage.limit();
        var json = new LinkedHashMap<String, Object>();
        json.put("capsules", share(used.capsules(), limit.capsules()));
        json.put("vcpus", share(used.vcpus(), limit.vcpus()));
        json.put("memory_mb", share(used.memoryMb(), limit.memoryMb()));
        json.put("disk_mb", share(used.diskMb(), limit.diskMb()));
        json.put("snapshots", share(used.snapshots(), limit.snapshots()));
        return json;
    }

    private static Map<String, Object> share(long used, long limit) {
        var json = new LinkedHashMap<String, Object>();
        json.put("used", used);
        json.put("limit", limit);
        return json;
    }
}
