package dev.wrenn.control.api;

import dev.wrenn.common.model.CapsuleId;
import dev.wrenn.common.model.InvalidIdException;
import dev.wrenn.common.model.TeamId;
import dev.wrenn.control.domain.fleet.HostTokens;
import dev.wrenn.control.domain.hosts.ProcessId;
import dev.wrenn.control.domain.identity.Principal;
import dev.wrenn.control.domain.identity.Role;
import io.javalin.http.Context;
import java.io.IOException;
import java.io.InputStream;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// One request, after its caller was checked.
final class Call {
    /// Of every JSON body.
    static final int BODY_LIMIT = 1 << 20;

    private final Context http;
    private final @Nullable Principal principal;
    private final HostTokens.@Nullable Claims agent;

    Call(Context http, @Nullable Principal principal) {
        this(http, principal, null);
    }

    private Call(Context http, @Nullable Principal principal, HostTokens.@Nullable Claims agent) {
        this.http = http;
        this.principal = principal;
        this.agent = agent;
    }

    /// One of a host's agent.
    static Call ofAgent(Context http, HostTokens.Claims agent) {
        return new Call(http, null, agent);
    }

    /// The same by its caller for the platform's own team; who may is decided before.
    Call forPlatform() {
        var caller = principal();
        var there =
                new Principal(
                        TeamId.PLATFORM,
                        Optional.of(Role.OWNER),
                        caller.user(),
                        caller.name(),
                        caller.platformAdmin(),
                        caller.credential());
        return new Call(http, there, agent);
    }

    /// Whose agent calls; only on routes for agents.
    HostTokens.Claims agent() {
        if (agent == null) throw new IllegalStateException("a route for users has no agent");
        return agent;
    }

    /// Who calls; only on routes that ask for it.
    Principal principal() {
        if (principal == null) throw new IllegalStateException("a public route has no principal");
        return principal;
    }

    /// The capsule named in the path.
    ///
    /// @throws ApiException 400 when malformed
    CapsuleId capsule() {
        return capsule(http.pathParam("id"));
    }

    static CapsuleId capsule(String text) {
        try {
            return CapsuleId.parse(text);
        } catch (InvalidIdException e) {
            throw ApiException.invalid("invalid sandbox ID");
        }
    }

    static TeamId team(String text) {
        try {
            return TeamId.parse(text);
        } catch (InvalidIdException e) {
            throw ApiException.invalid("invalid team ID");
        }
    }

    /// What stands for `{id}` in the path.
    String id() {
        return path("id");
    }

    /// What stands for a parameter in the path.
    String path(String parameter) {
        return http.pathParam(parameter);
    }

    /// The process named in the path.
    ProcessId process() {
        return ProcessId.parse(http.pathParam("selector"));
    }

    /// The name in the path.
    String name() {
        return http.pathParam("name");
    }

    /// @throws ApiException 400 for anything but `true`, `false`, or nothing
    boolean flag(String name) {
        return switch (query(name).orElse("")) {
            case "true", "1" -> true;
            case "", "false", "0" -> false;
            default -> throw ApiException.invalid(name + ": expected true or false");
        };
    }

    /// `host[:port]` that the client used for the API.
    String authority() {
        var host = http.header("Host");
        return host == null || host.isEmpty() ? "localhost" : host;
    }

    /// `http` or `https`, as the client sees it.
    String scheme() {
        var front = http.header("X-Forwarded-Proto");
        return PortHost.scheme(front == null ? "" : front, http.req().isSecure());
    }

    Optional<String> header(String name) {
        return Optional.ofNullable(http.header(name));
    }

    Optional<String> cookie(String name) {
        return Optional.ofNullable(http.cookie(name)).filter(value -> !value.isEmpty());
    }

    Optional<String> query(String name) {
        return Optional.ofNullable(http.queryParam(name));
    }

    @Nullable String contentType() {
        return http.req().getContentType();
    }

    /// Announced bytes of the body, -1 when unknown.
    long length() {
        return http.req().getContentLengthLong();
    }

    /// The body as it arrives.
    InputStream stream() throws IOException {
        return http.req().getInputStream();
    }

    /// Every value of a parameter that may be repeated.
    List<String> queries(String name) {
        return http.queryParams(name);
    }

    /// The body as JSON object.
    ///
    /// @throws ApiException 400, or 413 above 1 MiB
    Fields body() throws IOException {
        var bytes = bytes();
        if (bytes.length == 0) throw ApiException.invalid("body: expected a JSON object");
        return Fields.of(Json.parse(bytes));
    }

    /// The same for routes where nothing is needed: no body is an empty object.
    Fields optionalBody() throws IOException {
        var bytes = bytes();
        return Fields.of(bytes.length == 0 ? Json.parse("{}") : Json.parse(bytes));
    }

    /// Where the request comes from, for limits.
    ///
    /// @param behindProxy whether a proxy in front tells it
    String address(boolean behindProxy) {
        var told = behindProxy ? http.header("X-Forwarded-For") : null;
        if (told == null) return http.req().getRemoteAddr();
        return told.substring(told.lastIndexOf(',') + 1).strip();
    }

    /// Whether the client wants its session in a cookie, which no page of another site may begin.
    ///
    /// @throws ApiException 403 when one tries
    boolean wantsCookie(Fields body) {
        boolean wanted = body.flag("cookie");
        if (wanted && Credentials.of(http).foreign())
            throw new ApiException(403, "forbidden", "sent by a page of another site");
        return wanted;
    }

    /// Whether the session is one that a browser keeps in a cookie.
    boolean byCookie() {
        var shown = Credentials.of(http);
        return shown.bearer().isEmpty() && shown.cookie().isPresent();
    }

    private byte[] bytes() throws IOException {
        if (http.req().getContentLengthLong() > BODY_LIMIT)
            throw new ApiException(ErrorTable.tooLarge());
        var bytes = http.req().getInputStream().readNBytes(BODY_LIMIT + 1);
        if (bytes.length > BODY_LIMIT) throw new ApiException(ErrorTable.tooLarge());
        return bytes;
    }
}
