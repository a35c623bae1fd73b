package dev.wrenn.control.api;

import dev.wrenn.control.domain.identity.Authenticator;
import dev.wrenn.control.domain.identity.Principal;
import dev.wrenn.control.domain.ports.PortAccess;
import dev.wrenn.control.domain.ports.PortAddress;
import dev.wrenn.control.domain.ports.PortRow;
import java.time.InstantSource;
import java.util.Optional;
import org.eclipse.jetty.http.HttpHeader;
import org.eclipse.jetty.http.HttpMethod;
import org.eclipse.jetty.server.Request;

/// Whether a request may use a port: the capsule is public, or it shows an API key of the team, or
/// a token of a link, in the query or in the cookie that the query was turned into.
record PortProof(Authenticator authenticator, InstantSource clock) {
    /// What became of it.
    sealed interface Verdict {
        record In() implements Verdict {}

        /// A page that a person opened with a token in its address: the token moves into a cookie,
        /// so that links and requests of the page have it too, and the address is clean again.
        record ToCookie(String token) implements Verdict {}

        record Out(int status, String text) implements Verdict {}
    }

    private static final Verdict NOTHING_SHOWN =
            new Verdict.Out(401, "this port is private: an API key or a link is needed");
    private static final Verdict NOT_GOOD =
            new Verdict.Out(403, "this port is private: the key or link is not valid for it");

    Verdict of(PortRow row, PortAddress.At address, Request request) {
        var link = PortQuery.token(request.getHttpURI().getQuery());
        if (row.settings().access() == PortAccess.PUBLIC) return new Verdict.In();
        var key = Optional.ofNullable(request.getHeaders().get("X-API-Key"));
        var team = key.flatMap(authenticator::key).filter(PortProof::mayUse).map(Principal::team);
        if (team.isPresent() && team.get().equals(row.team())) return new Verdict.In();
        var now = clock.instant();
        if (link.isPresent() && row.token().admits(address, link.get(), now))
            return isPage(request) ? new Verdict.ToCookie(link.get()) : new Verdict.In();
        var cookie = PlatformHeaders.cookie(request.getHeaders(), PlatformHeaders.PORT_COOKIE);
        if (cookie.isPresent() && row.token().admits(address, cookie.get(), now))
            return new Verdict.In();
        return key.isEmpty() && link.isEmpty() && cookie.isEmpty() ? NOTHING_SHOWN : NOT_GOOD;
    }

    private static boolean mayUse(Principal caller) {
        return TeamAccess.USE.refusal(caller, null).isEmpty();
    }

    private static boolean isPage(Request request) {
        return HttpMethod.GET.is(request.getMethod())
                && !request.getHeaders().contains(HttpHeader.UPGRADE)
                && PortPage.wanted(request);
    }
}
