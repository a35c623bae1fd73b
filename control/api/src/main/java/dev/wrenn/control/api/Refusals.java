package dev.wrenn.control.api;

import dev.wrenn.control.domain.StoreUnavailableException;
import dev.wrenn.control.domain.audit.Audit;
import dev.wrenn.control.domain.audit.AuditEntry.Kind;
import dev.wrenn.control.domain.audit.AuditStore;
import dev.wrenn.control.domain.identity.Principal;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Writes down attempts to end something that were refused or failed: in the trail of the team that
/// the caller acts for. Bounded for each caller, so that nobody fills a trail with them.
record Refusals(AuditStore audit, Throttle throttle) {
    private static final Logger LOG = LoggerFactory.getLogger(Refusals.class);

    /// What each route ends.
    static final Map<String, Kind> ENDS =
            Map.ofEntries(
                    Map.entry("/v1/capsules/{id}", new Kind("sandbox", "destroy")),
                    Map.entry(
                            "/v1/capsules/{id}/processes/{selector}",
                            new Kind("sandbox", "kill_process")),
                    Map.entry("/v1/admin/capsules/{id}", new Kind("sandbox", "destroy")),
                    Map.entry(
                            "/v1/admin/capsules/{id}/processes/{selector}",
                            new Kind("sandbox", "kill_process")),
                    Map.entry("/v1/snapshots/{name}", new Kind("snapshot", "delete")),
                    Map.entry("/v1/me/providers/{provider}", new Kind("user", "disconnect")),
                    Map.entry("/v1/me", new Kind("user", "delete")),
                    Map.entry("/v1/teams/{id}", new Kind("team", "delete")),
                    Map.entry("/v1/teams/{id}/members/{uid}", new Kind("member", "remove")),
                    Map.entry("/v1/api-keys/{id}", new Kind("api_key", "revoke")),
                    Map.entry("/v1/channels/{id}", new Kind("channel", "delete")),
                    Map.entry("/v1/admin/teams/{id}", new Kind("team", "delete")),
                    Map.entry("/v1/hosts/{id}", new Kind("host", "delete")),
                    Map.entry("/v1/hosts/{id}/drain", new Kind("host", "undrain")),
                    Map.entry("/v1/hosts/{id}/tags/{name}", new Kind("host", "tag_remove")),
                    Map.entry("/v1/templates/{name}", new Kind("template", "delete")),
                    Map.entry("/v1/admin/templates/{name}", new Kind("template", "delete")));

    private static final Pattern NAME = Pattern.compile("[A-Za-z0-9._-]{1,128}");

    /// @param status of the answer; what the caller got wrong (400, 404) is no attempt
    /// @param named what the path names last, if it names anything
    void note(Route route, Principal caller, int status, Optional<String> named) {
        boolean refused = status == 403 || status == 409 || status >= 500;
        if (!refused || !route.method().equals("DELETE")) return;
        var kind = ENDS.get(route.path());
        if (kind == null || !throttle.allows(Throttle.Kind.REFUSED, caller)) return;
        var id = named.filter(n -> NAME.matcher(n).matches());
        try {
            audit.write(
                    Audit.refused(
                            caller.team(), caller.actor(), kind, id, Integer.toString(status)));
        } catch (StoreUnavailableException e) {
            LOG.atWarn().addKeyValue("route", route.path()).log("refusal not written: no database");
        }
    }
}
