package dev.wrenn.control.api;

import dev.wrenn.control.domain.accounts.Email;
import dev.wrenn.control.domain.accounts.SignIn;
import dev.wrenn.control.domain.identity.Passwords;
import java.io.IOException;
import java.util.List;

/// `/v1/auth`: beginning, continuing and ending sessions.
final class AuthRoutes {
    private final SignIn signIn;
    private final SessionReplies replies;
    private final Throttle throttle;

    AuthRoutes(SignIn signIn, SessionReplies replies, Throttle throttle) {
        this.signIn = signIn;
        this.replies = replies;
        this.throttle = throttle;
    }

    List<Route> routes() {
        return List.of(
                new Route("POST", "/v1/auth/login", new Access.Public(), this::login),
                new Route("POST", "/v1/auth/logout", new Access.Account(), this::logout),
                new Route("POST", "/v1/auth/switch-team", new Access.Account(), this::switchTeam));
    }

    /// 200; 400, 401, 403 `account_not_activated`, `account_disabled`, 429.
    private Reply login(Call call) throws IOException {
        var body = call.body();
        var email = Email.normal(body.required("email"));
        var password = body.required("password");
        boolean browser = call.wantsCookie(body);
        if (password.length() > Passwords.LONGEST) throw ApiException.invalid("password: too long");
        throttle.address(Throttle.Kind.LOGIN, call);
        throttle.account(Throttle.Kind.LOGIN, email);
        return switch (signIn.password(email, password)) {
            case SignIn.Outcome.Done(var signed) -> {
                throttle.forgive(Throttle.Kind.LOGIN, email);
                yield replies.signedIn(200, signed, browser);
            }
            case SignIn.Outcome.Wrong _ -> error(401, "unauthorized", "invalid email or password");
            case SignIn.Outcome.NotActivated _ ->
                    error(403, "account_not_activated", "the account is not activated yet");
            case SignIn.Outcome.Disabled _ ->
                    error(403, "account_disabled", "the account is switched off");
        };
    }

    /// 204: the session has ended, on every replica.
    private Reply logout(Call call) {
        signIn.signOut(call.principal());
        return replies.signedOut();
    }

    /// 200; 400, 403 for who is no member, 404.
    private Reply switchTeam(Call call) throws IOException {
        var team = Call.team(call.body().required("team_id"));
        return switch (signIn.switchTeam(call.principal(), team)) {
            case SignIn.Switch.Done(var signed) -> replies.signedIn(200, signed, call.byCookie());
            case SignIn.Switch.NotFound _ -> error(404, "not_found", "team not found");
            case SignIn.Switch.NotMember _ -> error(403, "forbidden", "no member of this team");
        };
    }

    private static Reply error(int status, String code, String message) {
        return Reply.error(new ApiError(status, code, message));
    }
}
