package dev.wrenn.bench;

import java.util.Map;
import org.eclipse.jetty.http.HttpMethod;
import tools.jackson.databind.json.JsonMapper;

/// What concerns hosts, as their administrators and agents ask for it.
final class FleetApi {
    private static final String HOSTS = "/v1/hosts";
    private static final String AUTHORIZATION = "Authorization";

    private final Api api;
    private final String bearer;

    /// @param token of a session of a platform administrator
    FleetApi(Api api, String token) {
        this.api = api;
        this.bearer = "Bearer " + token;
    }

    /// Sets aside every host that is there.
    void drainAll() {
        for (var host : api.call(HttpMethod.GET, HOSTS, "", 200, AUTHORIZATION, bearer)) {
            var path = HOSTS + "/" + host.path("id").stringValue() + "/drain";
            api.call(HttpMethod.POST, path, "", 200, AUTHORIZATION, bearer);
        }
    }

    /// Adds a host and registers it the way agents do.
    ///
    /// @param address `host:port` of its agent
    Membership register(String address) {
        var wanted = json(Map.of("type", "regular", "provider", FleetBench.PROVIDER));
        var made = api.call(HttpMethod.POST, HOSTS, wanted, 201, AUTHORIZATION, bearer);
        var key = Membership.Key.fresh();
        var body =
                json(
                        Map.of(
                                "token",
                                made.path("registration_token").stringValue(),
                                "arch",
                                "x86_64",
                                "cpu_cores",
                                64,
                                "memory_mb",
                                1 << 20,
                                "disk_gb",
                                1 << 14,
                                "address",
                                address,
                                "csr_pem",
                                key.request()));
        var path = HOSTS + "/register";
        var answer = api.call(HttpMethod.POST, path, body, 201, "X-Host", "new");
        return Membership.of(answer, key);
    }

    /// A host says that it is alive.
    void heartbeat(Membership member, String address) {
        var path = HOSTS + "/" + member.host() + "/heartbeat";
        var body = json(Map.of("address", address));
        api.call(HttpMethod.POST, path, body, 204, "X-Host-Token", member.token());
    }

    /// A number that the control plane tells of itself.
    ///
    /// @param name with its labels, as it is written there
    double metric(String name) {
        for (var line : api.text("/metrics").split("\n"))
            if (line.startsWith(name + " "))
                return Double.parseDouble(line.substring(name.length() + 1));
        throw new BenchException("no metric " + name);
    }

    private static String json(Map<String, Object> fields) {
        return JsonMapper.shared().writeValueAsString(fields);
    }
}
