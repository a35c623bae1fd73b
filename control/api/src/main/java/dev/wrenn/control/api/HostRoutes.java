package dev.wrenn.control.api;

import dev.wrenn.common.model.CapsuleId;
import dev.wrenn.common.model.HostId;
import dev.wrenn.common.model.InvalidIdException;
import dev.wrenn.control.domain.cleanup.HostRemoval;
import dev.wrenn.control.domain.fleet.Fleet;
import dev.wrenn.control.domain.fleet.FleetHost;
import dev.wrenn.control.domain.fleet.FleetStore;
import dev.wrenn.control.domain.fleet.HostAddress;
import dev.wrenn.control.domain.fleet.HostType;
import dev.wrenn.control.domain.fleet.Machine;
import dev.wrenn.control.domain.identity.Role;
import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;

/// `/v1/hosts`: for those who manage hosts, and for the agents on them.
final class HostRoutes {
    private static final String HOSTS = "/v1/hosts";
    private static final String HOST = HOSTS + "/{id}";
    private static final String TAGS = HOST + "/tags";
    private static final String DRAIN = HOST + "/drain";
    private static final int LONGEST_WORD = 64;
    private static final int MOST_CORES = 1 << 16;
    private static final long MOST = 1L << 40;
    private static final Pattern TAG = Pattern.compile("[A-Za-z0-9][A-Za-z0-9._:-]{0,63}");

    private final Fleet fleet;
    private final HostRemoval removal;
    private final Throttle throttle;

    HostRoutes(Fleet fleet, HostRemoval removal, Throttle throttle) {
        this.fleet = fleet;
        this.removal = removal;
        this.throttle = throttle;
    }

    List<Route> routes() {
        var manager = new Access.HostManager();
        var member = new Access.Session(Role.MEMBER);
        var anybody = new Access.Public();
        return List.of(
                new Route("POST", HOSTS, manager, this::add),
                new Route("GET", HOSTS, member, this::list),
                new Route("GET", HOST, member, this::show),
                new Route("GET", HOST + "/delete-preview", manager, this::preview),
                new Route("DELETE", HOST, manager, this::remove),
                new Route("POST", HOST + "/token", manager, this::renew),
                new Route("POST", DRAIN, manager, call -> drain(call, true)),
                new Route("DELETE", DRAIN, manager, call -> drain(call, false)),
                new Route("GET", TAGS, member, this::tags),
                new Route("POST", TAGS, manager, this::tag),
                new Route("DELETE", TAGS + "/{name}", manager, this::untag),
                new Route("POST", HOSTS + "/register", anybody, this::register),
                new Route("POST", HOSTS + "/auth/refresh", anybody, this::refresh),
                new Route("POST", HOST + "/heartbeat", new Access.HostAgent(), this::heartbeat));
    }

    /// 201 with the token it can register with; 400, 403.
    private Reply add(Call call) throws IOException {
        var body = call.body();
        var type =
                HostType.ofWire(body.required("type"))
                        .orElseThrow(() -> ApiException.invalid("type: expected regular or byoc"));
        var team = body.text("team_id").map(Call::team);
        if (type == HostType.BYOC && team.isEmpty()) throw ApiException.invalid("team_id: missing");
        var provider = word(body, "provider");
        var zone = word(body, "availability_zone");
        return switch (fleet.add(call.principal(), type, team, provider, zone)) {
            case Fleet.Added.Done(var made) -> {
                var json = new LinkedHashMap<String, Object>();
                json.put("host", HostJson.of(made.host()));
                json.put("registration_token", made.registration().reveal());
                yield Reply.json(201, json);
            }
            case Fleet.Added.Forbidden(var why) -> Reply.error(new ApiError(403, "forbidden", why));
        };
    }

    /// 200: of the platform's administrators all, of others those of the team.
    private Reply list(Call call) {
        return Reply.ok(fleet.list(call.principal()).stream().map(HostJson::of).toList());
    }

    /// 200; 404.
    private Reply show(Call call) {
        return Reply.ok(HostJson.of(known(call)));
    }

    /// 200: what would be lost; 404.
    private Reply preview(Call call) {
        var host = known(call);
        var losses = removal.losses(host.id());
        var json = new LinkedHashMap<String, Object>();
        json.put("host", HostJson.of(host));
        json.put("sandbox_ids", ids(losses));
        json.put("template_names", losses.templates());
        return Reply.ok(json);
    }

    /// 204; 404, 409 when something would be lost, unless forced.
    private Reply remove(Call call) throws InterruptedException {
        var host = known(call);
        var by = call.principal().actor();
        var ended =
                call.flag("force") ? removal.force(host.id(), by) : removal.remove(host.id(), by);
        return switch (ended) {
            case FleetStore.Removal.Done _ -> Reply.noContent();
            case FleetStore.Removal.NotFound _ -> throw noHost();
            case FleetStore.Removal.Kept(var losses) -> kept(losses);
        };
    }

    /// Clients look for the ids in one place or the other.
    private static Reply kept(FleetStore.Losses losses) {
        var ids = ids(losses);
        var error = new LinkedHashMap<String, Object>();
        error.put("code", "has_active_sandboxes");
        error.put(
                "message",
                "the host has "
                        + ids.size()
                        + " capsules and the only copy of "
                        + losses.templates().size()
                        + " templates, which force ends with it");
        error.put("sandbox_ids", ids);
        error.put("template_names", losses.templates());
        var json = new LinkedHashMap<String, Object>();
        json.put("error", error);
        json.put("sandbox_ids", ids);
        json.put("capsule_ids", ids);
        return Reply.json(409, json);
    }

    private static List<String> ids(FleetStore.Losses losses) {
        return losses.capsules().stream().map(CapsuleId::toString).toList();
    }

    /// 201: earlier tokens are void; 404, 409 unless pending or unreachable.
    private Reply renew(Call call) {
        var host = known(call);
        var token = fleet.renewRegistration(host.id(), call.principal().actor());
        return token.map(t -> Reply.json(201, Map.of("registration_token", t.reveal())))
                .orElseGet(() ->
                        Reply.error(
                                new ApiError(
                                        409,
                                        "invalid_state",
                                        "the host is registered (status: " + host.word() + ")")));
    }

    /// 200; 404.
    private Reply drain(Call call, boolean draining) {
        var host = known(call);
        return fleet.drain(host.id(), draining, call.principal().actor())
                .map(now -> Reply.ok(HostJson.of(now)))
                .orElseThrow(HostRoutes::noHost);
    }

    /// 200.
    private Reply tags(Call call) {
        return Reply.ok(known(call).tags());
    }

    /// 204; 400, 404.
    private Reply tag(Call call) throws IOException {
        var host = known(call);
        var tag = tag(call.body().required("tag"));
        if (!fleet.addTag(host.id(), tag, call.principal().actor())) throw noHost();
        return Reply.noContent();
    }

    /// 204; 404 without such a host.
    private Reply untag(Call call) {
        var host = known(call);
        if (!fleet.removeTag(host.id(), call.name(), call.principal().actor())) throw noHost();
        return Reply.noContent();
    }

    /// 201; 400, 401 for a token that is unknown, used or too old, 429.
    private Reply register(Call call) throws IOException {
        var body = call.body();
        var token = body.required("token");
        var machine =
                new Machine(
                        word(body, "arch").orElse(""),
                        (int) number(body, "cpu_cores", MOST_CORES),
                        number(body, "memory_mb", MOST),
                        number(body, "disk_gb", MOST),
                        address(body.required("address")));
        var request = body.required("csr_pem");
        throttle.address(Throttle.Kind.HOST, call);
        return papers(201, fleet.register(token, machine, request));
    }

    /// 200; 400, 401 for a token that is unknown, revoked or too old, 429.
    private Reply refresh(Call call) throws IOException {
        var body = call.body();
        var token = body.required("refresh_token");
        var request = body.required("csr_pem");
        throttle.address(Throttle.Kind.HOST, call);
        return papers(200, fleet.refresh(token, request));
    }

    private static Reply papers(int status, Fleet.Enrolment enrolment) {
        return switch (enrolment) {
            case Fleet.Enrolment.Done(var papers) -> Reply.json(status, HostJson.of(papers));
            case Fleet.Enrolment.BadRequest _ ->
                    throw ApiException.invalid(
                            "csr_pem: expected a PKCS#10 request for a key on P-256");
            case Fleet.Enrolment.Refused _ ->
                    Reply.error(
                            new ApiError(
                                    401, "unauthorized", "the token is unknown, used or too old"));
        };
    }

    /// 204; 401 for a token whose refresh token is revoked, 404 for a deleted host.
    private Reply heartbeat(Call call) throws IOException {
        var address = call.optionalBody().text("address").map(HostRoutes::address);
        return switch (fleet.heartbeat(call.agent(), address)) {
            case NOTED -> Reply.noContent();
            case REVOKED ->
                    Reply.error(new ApiError(401, "unauthorized", "the host token is revoked"));
            case GONE -> throw noHost();
        };
    }

    private FleetHost known(Call call) {
        return fleet.find(call.principal(), host(call.id())).orElseThrow(HostRoutes::noHost);
    }

    /// @throws ApiException 400 when malformed
    static HostId host(String text) {
        try {
            return HostId.parse(text);
        } catch (InvalidIdException e) {
            throw ApiException.invalid("invalid host ID");
        }
    }

    private static ApiException noHost() {
        return new ApiException(404, "not_found", "host not found");
    }

    private static String tag(String text) {
        if (!TAG.matcher(text).matches())
            throw ApiException.invalid("tag: expected 1 to 64 letters, digits or ._:-");
        return text;
    }

    private static String address(String text) {
        if (HostAddress.parse(text).isEmpty())
            throw ApiException.invalid("address: expected host:port");
        return text;
    }

    private static Optional<String> word(Fields body, String field) {
        var word = body.text(field).map(String::strip).filter(w -> !w.isEmpty());
        boolean odd = word.orElse("").chars().anyMatch(Character::isISOControl);
        if (word.orElse("").length() > LONGEST_WORD || odd)
            throw ApiException.invalid(field + ": expected up to 64 characters");
        return word;
    }

    private static long number(Fields body, String field, long most) {
        long value = body.integer(field, 0);
        if (value < 1 || value > most)
            throw ApiException.invalid(field + ": " + value + " (expected: 1.." + most + ")");
        return value;
    }
}
