package dev.wrenn.control.api;

import dev.wrenn.control.domain.capsules.Capsules;
import dev.wrenn.control.domain.ports.PortAccess;
import dev.wrenn.control.domain.ports.PortAddress;
import dev.wrenn.control.domain.ports.PortRow;
import dev.wrenn.control.domain.ports.PortSettings;
import dev.wrenn.control.domain.ports.PortStore;
import dev.wrenn.control.domain.ports.PortToken;
import java.io.IOException;
import java.time.Duration;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// `/v1/capsules/{id}/proxy`: who may use a capsule's ports, and links to them.
final class PortRoutes {
    private static final String PATH = "/v1/capsules/{id}/proxy";

    private final Capsules capsules;
    private final PortStore store;
    private final InstantSource clock;

    PortRoutes(Capsules capsules, PortStore store, InstantSource clock) {
        this.capsules = capsules;
        this.store = store;
        this.clock = clock;
    }

    List<Route> routes() {
        return List.of(
                new Route("GET", PATH, TeamAccess.LOOK_AT_ONE, this::show),
                new Route("PATCH", PATH, TeamAccess.CHANGE, this::change),
                new Route("POST", PATH + "/links", TeamAccess.USE, this::link));
    }

    /// The settings in the body of a create: `proxy`, an object.
    static PortSettings settings(Fields body) {
        return body.object("proxy")
                .map(f -> settings(f, PortSettings.DEFAULT))
                .orElse(PortSettings.DEFAULT);
    }

    private static PortSettings settings(Fields fields, PortSettings before) {
        var word = fields.text("access");
        var access = word.flatMap(PortAccess::ofWire);
        if (word.isPresent() && access.isEmpty())
            throw ApiException.invalid("access: expected public or private");
        return new PortSettings(
                access.orElse(before.access()),
                fields.has("auto_resume") ? fields.flag("auto_resume") : before.autoResume());
    }

    /// 200; 400, 404.
    private Reply show(Call call) {
        return row(call).map(row -> Reply.ok(json(row.settings()))).orElseGet(PortRoutes::unknown);
    }

    /// 200: from the next request on; 400, 404.
    private Reply change(Call call) throws IOException {
        var row = row(call);
        if (row.isEmpty()) return unknown();
        var wanted = settings(call.body(), row.get().settings());
        return store.configure(row.get().id(), wanted)
                .map(now -> Reply.ok(json(now.settings())))
                .orElseGet(PortRoutes::unknown);
    }

    /// 201, in any state of the capsule; 400, 404.
    private Reply link(Call call) throws IOException {
        var row = row(call);
        if (row.isEmpty()) return unknown();
        var body = call.body();
        long port = body.integer("port", 0);
        if (port < 1 || port > PortAddress.HIGHEST_PORT || port == PortAddress.PLATFORM_PORT)
            throw ApiException.invalid("port: expected 1 to 65535, not of the guest agent");
        long life = body.integer("ttl_sec", PortToken.USUAL.toSeconds());
        if (life < 1 || life > PortToken.LONGEST.toSeconds())
            throw ApiException.invalid("ttl_sec: expected 1 to " + PortToken.LONGEST.toSeconds());
        return Reply.json(
                201,
                link(
                        row.get(),
                        new PortAddress.At((int) port, row.get().id()),
                        Duration.ofSeconds(life),
                        call));
    }

    private Map<String, Object> link(PortRow row, PortAddress.At at, Duration life, Call call) {
        var json = new LinkedHashMap<String, Object>();
        var host = PortHost.of(at.label(), call.authority());
        var url = call.scheme() + "://" + host + "/";
        json.put("port", at.port());
        json.put("host", host);
        json.put("access", row.settings().access().wire());
        if (row.settings().access() == PortAccess.PUBLIC) {
            json.put("url", url);
            return json;
        }
        var expiry = clock.instant().plus(life).truncatedTo(ChronoUnit.SECONDS);
        var token = row.token().sign(at, expiry);
        json.put("url", url + "?" + PortQuery.NAME + "=" + token);
        json.put("token", token);
        json.put("expires_at", expiry.toString());
        return json;
    }

    private Optional<PortRow> row(Call call) {
        var id = call.capsule();
        return capsules.find(call.principal().team(), id).flatMap(_ -> store.find(id));
    }

    private static Reply unknown() {
        return Reply.error(ErrorTable.NO_SANDBOX);
    }

    private static Map<String, Object> json(PortSettings settings) {
        var json = new LinkedHashMap<String, Object>();
        json.put("access", settings.access().wire());
        json.put("auto_resume", settings.autoResume());
        return json;
    }
}
