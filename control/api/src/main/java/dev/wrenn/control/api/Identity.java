package dev.wrenn.control.api;

import dev.wrenn.control.domain.accounts.Accounts;
import dev.wrenn.control.domain.accounts.OAuth;
import dev.wrenn.control.domain.accounts.SignIn;
import dev.wrenn.control.domain.audit.AuditStore;
import dev.wrenn.control.domain.audit.EventLog;
import dev.wrenn.control.domain.capsules.CapsuleLimits;
import dev.wrenn.control.domain.channels.Channels;
import dev.wrenn.control.domain.channels.DeliveryStore;
import dev.wrenn.control.domain.identity.ApiKeys;
import dev.wrenn.control.domain.identity.Authenticator;
import dev.wrenn.control.domain.identity.SessionTokens;
import dev.wrenn.control.domain.platform.PlatformStore;
import dev.wrenn.control.domain.teams.TeamStore;
import dev.wrenn.control.domain.usage.LoadStore;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;

/// Who may do what, and who did: everything that the API needs for it.
///
/// @param limits of each team, for show
/// @param secureCookies whether browsers may send the session's cookie by TLS only
public record Identity(
        Authenticator authenticator,
        SessionTokens tokens,
        SignIn signIn,
        Accounts accounts,
        OAuth oauth,
        TeamStore teams,
        PlatformStore platform,
        ApiKeys keys,
        AuditStore audit,
        EventLog events,
        LoadStore loads,
        Channels channels,
        DeliveryStore deliveries,
        CapsuleLimits limits,
        AttemptLimits attempts,
        boolean secureCookies) {
    Refusals refusals() {
        return new Refusals(audit, new Throttle(attempts));
    }

    LiveEvents liveEvents() {
        return new LiveEvents(events, authenticator);
    }

    List<Route> routes(LiveEvents live) {
        var replies = new SessionReplies(tokens, secureCookies);
        var throttle = new Throttle(attempts);
        var all = new ArrayList<Route>();
        all.addAll(new AuthRoutes(signIn, replies, throttle).routes());
        all.addAll(new AccountRoutes(accounts, oauth, replies, throttle).routes());
        all.addAll(new OAuthRoutes(oauth, replies, throttle).routes());
        all.addAll(new TeamRoutes(teams, accounts, limits, throttle).routes());
        all.addAll(new KeyRoutes(keys, InstantSource.system()).routes());
        all.addAll(new PlatformRoutes(platform, teams, limits.team()).routes());
        all.addAll(new AuditRoutes(audit).routes());
        all.addAll(new ChannelRoutes(channels, deliveries, throttle).routes());
        all.addAll(new EventRoutes(events, live).routes());
        return all;
    }
}
