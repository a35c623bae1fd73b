package dev.wrenn.control.api;

import dev.wrenn.control.domain.fleet.Fleet;
import dev.wrenn.control.domain.fleet.FleetHost;
import java.util.LinkedHashMap;
import java.util.Map;

/// Hosts as clients and agents see them.
final class HostJson {
    private HostJson() {}

    static Map<String, Object> of(FleetHost host) {
        var json = new LinkedHashMap<String, Object>();
        json.put("id", host.id().toString());
        json.put("type", host.type().wire());
        host.team().ifPresent(team -> json.put("team_id", team.toString()));
        host.teamName().ifPresent(name -> json.put("team_name", name));
        host.provider().ifPresent(provider -> json.put("provider", provider));
        host.zone().ifPresent(zone -> json.put("availability_zone", zone));
        host.machine()
                .ifPresent(machine -> {
                    if (!machine.arch().isEmpty()) json.put("arch", machine.arch());
                    if (machine.cores() > 0) json.put("cpu_cores", machine.cores());
                    if (machine.memoryMb() > 0) json.put("memory_mb", machine.memoryMb());
                    if (machine.diskGb() > 0) json.put("disk_gb", machine.diskGb());
                    json.put("address", machine.address());
                });
        json.put("status", host.word());
        json.put("draining", host.draining());
        json.put("tags", host.tags());
        host.lastHeartbeat().ifPresent(at -> json.put("last_heartbeat_at", CapsuleJson.time(at)));
        host.certificateEnds()
                .ifPresent(at -> json.put("certificate_expires_at", CapsuleJson.time(at)));
        host.createdBy().ifPresent(user -> json.put("created_by", user.toString()));
        json.put("created_at", CapsuleJson.time(host.createdAt()));
        json.put("updated_at", CapsuleJson.time(host.updatedAt()));
        return json;
    }

    static Map<String, Object> of(Fleet.Papers papers) {
        var json = new LinkedHashMap<String, Object>();
        json.put("host", of(papers.host()));
        json.put("token", papers.token().reveal());
        json.put("refresh_token", papers.refresh().reveal());
        json.put("cert_pem", papers.certificate().pem());
        json.put("ca_cert_pem", papers.certificate().authorityPem());
        json.put("cert_expires_at", CapsuleJson.time(papers.certificate().ends()));
        return json;
    }
}
