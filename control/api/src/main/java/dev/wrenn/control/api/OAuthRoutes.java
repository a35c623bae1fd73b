package dev.wrenn.control.api;

import dev.wrenn.control.domain.accounts.OAuth;
import dev.wrenn.control.domain.identity.Role;
import java.io.IOException;
import java.util.List;
import java.util.Map;

/// Signing in by an account at another service, and linking one: a browser goes there and comes
/// back, which always ends at a page.
final class OAuthRoutes {
    private static final Access ANYBODY = new Access.Public();
    private static final Access SIGNED_IN = new Access.Session(Role.MEMBER);
    private static final String STATE = "oauth_state";
    private static final String LINK = "oauth_link_user_id";
    private static final String CODE = "wrenn_oauth_code";
    private static final int STATE_LIFE = 600; // seconds
    private static final int CODE_LIFE = 60;

    private final OAuth oauth;
    private final SessionReplies replies;
    private final Throttle throttle;

    OAuthRoutes(OAuth oauth, SessionReplies replies, Throttle throttle) {
        this.oauth = oauth;
        this.replies = replies;
        this.throttle = throttle;
    }

    List<Route> routes() {
        return List.of(
                new Route("GET", "/auth/oauth/{provider}", ANYBODY, this::begin),
                new Route("GET", "/auth/oauth/{provider}/callback", ANYBODY, this::finish),
                new Route("POST", "/v1/auth/oauth/exchange", ANYBODY, this::exchange),
                new Route("GET", "/v1/me/providers/{provider}/connect", SIGNED_IN, this::connect),
                new Route("DELETE", "/v1/me/providers/{provider}", SIGNED_IN, this::disconnect));
    }

    private String provider(Call call) {
        var name = call.path("provider");
        if (oauth.knows(name)) return name;
        throw new ApiException(404, "provider_not_found", "no such provider here");
    }

    /// 302 to the service; 404, 429.
    private Reply begin(Call call) {
        var provider = provider(call);
        throttle.address(Throttle.Kind.LOGIN, call);
        boolean signUp = call.query("intent").orElse("login").equals("signup");
        var begun = oauth.begin(provider, signUp);
        return Reply.redirect(begun.url().toString())
                .with("Set-Cookie", replies.crossing(STATE, begun.state(), STATE_LIFE));
    }

    /// 200 with where to go; 404.
    private Reply connect(Call call) {
        var begun = oauth.beginLink(provider(call), call.principal());
        return Reply.ok(Map.of("auth_url", begun.url().toString()))
                .with("Set-Cookie", replies.crossing(STATE, begun.state(), STATE_LIFE))
                .with("Set-Cookie", replies.crossing(LINK, begun.link(), STATE_LIFE));
    }

    /// 302 to a page, in any case; 404, 429.
    private Reply finish(Call call) {
        var provider = provider(call);
        throttle.address(Throttle.Kind.LOGIN, call);
        var answer =
                new OAuth.Answer(
                        call.query("error"),
                        call.query("state"),
                        call.query("code").filter(code -> !code.isEmpty()),
                        call.cookie(STATE),
                        call.cookie(LINK));
        var page = "/auth/" + provider + "/callback";
        var reply =
                switch (oauth.finish(provider, answer)) {
                    case OAuth.Ended.Signed(var code, boolean fresh) ->
                            Reply.redirect(page + (fresh ? "?new_signup=1" : ""))
                                    .with("Set-Cookie", replies.kept(CODE, code, CODE_LIFE));
                    case OAuth.Ended.Linked _ ->
                            Reply.redirect("/dashboard/settings?connected=" + provider);
                    case OAuth.Ended.Failed(boolean linking, var code) ->
                            Reply.redirect(
                                    linking
                                            ? "/dashboard/settings?connect_error=" + code
                                            : page + "?error=" + code);
                };
        return reply.with("Set-Cookie", replies.crossing(STATE, "", 0))
                .with("Set-Cookie", replies.crossing(LINK, "", 0));
    }

    /// 200 with a session; 400 `invalid_token`, 429.
    private Reply exchange(Call call) throws IOException {
        boolean browser = call.wantsCookie(call.optionalBody());
        throttle.address(Throttle.Kind.LOGIN, call);
        return call.cookie(CODE)
                .flatMap(oauth::exchange)
                .map(signed -> replies.signedIn(200, signed, browser))
                .orElseThrow(
                        () -> new ApiException(400, "invalid_token", "unknown, used or expired"))
                .with("Set-Cookie", replies.kept(CODE, "", 0));
    }

    /// 204; 400 `last_login_method`, 404.
    private Reply disconnect(Call call) {
        return switch (oauth.unlink(call.principal(), call.path("provider"))) {
            case DONE -> Reply.noContent();
            case NOT_FOUND ->
                    Reply.error(new ApiError(404, "not_found", "no account there is linked"));
            case LAST ->
                    Reply.error(new ApiError(400, "last_login_method", "set a password first"));
        };
    }
}
