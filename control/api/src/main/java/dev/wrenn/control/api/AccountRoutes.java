package dev.wrenn.control.api;

import dev.wrenn.control.domain.accounts.Account;
import dev.wrenn.control.domain.accounts.Accounts;
import dev.wrenn.control.domain.accounts.Email;
import dev.wrenn.control.domain.accounts.OAuth;
import dev.wrenn.control.domain.identity.Credential;
import dev.wrenn.control.domain.identity.Passwords;
import dev.wrenn.control.domain.identity.Role;
import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// Sign-up, activation and `/v1/me`: the caller's own account.
final class AccountRoutes {
    private static final Access ANYBODY = new Access.Public();
    private static final Access SIGNED_IN = new Access.Session(Role.MEMBER);
    private static final int LONGEST_NAME = 100;

    private final Accounts accounts;
    private final OAuth oauth;
    private final SessionReplies replies;
    private final Throttle throttle;

    AccountRoutes(Accounts accounts, OAuth oauth, SessionReplies replies, Throttle throttle) {
        this.accounts = accounts;
        this.oauth = oauth;
        this.replies = replies;
        this.throttle = throttle;
    }

    List<Route> routes() {
        return List.of(
                new Route("POST", "/v1/auth/signup", ANYBODY, this::signUp),
                new Route("POST", "/v1/auth/activate", ANYBODY, this::activate),
                new Route("POST", "/v1/auth/link", ANYBODY, this::useLink),
                new Route("POST", "/v1/me/link", SIGNED_IN, this::link),
                new Route("GET", "/v1/me", SIGNED_IN, this::show),
                new Route("PATCH", "/v1/me", SIGNED_IN, this::rename),
                new Route("DELETE", "/v1/me", SIGNED_IN, this::delete),
                new Route("POST", "/v1/me/password", SIGNED_IN, this::changePassword),
                new Route("POST", "/v1/me/password/reset", ANYBODY, this::askReset),
                new Route("POST", "/v1/me/password/reset/confirm", ANYBODY, this::reset));
    }

    /// 201 whether or not the address has an account; 400, 429.
    private Reply signUp(Call call) throws IOException {
        var body = call.body();
        var email = email(body);
        var name = name(body);
        var password = password(body, "password");
        throttle.address(Throttle.Kind.SIGNUP, call);
        throttle.account(Throttle.Kind.SIGNUP, email);
        accounts.signUp(email, name, password);
        return Reply.json(
                201,
                Map.of("message", "if the address can be used, a mail with the next step is sent"));
    }

    /// 200 with a session; 400 `invalid_token`, `already_activated`, 429.
    private Reply activate(Call call) throws IOException {
        var body = call.body();
        var token = body.required("token");
        boolean browser = call.wantsCookie(body);
        throttle.address(Throttle.Kind.ACTIVATE, call);
        return switch (accounts.activate(token)) {
            case Accounts.Activation.Done(var signed) -> replies.signedIn(200, signed, browser);
            case Accounts.Activation.InvalidToken _ -> invalidToken();
            case Accounts.Activation.Already _ ->
                    Reply.error(
                            new ApiError(
                                    400, "already_activated", "the account is active already"));
        };
    }

    /// 201 with a token that signs the caller in once; 429.
    private Reply link(Call call) {
        throttle.user(Throttle.Kind.LOGIN, call.principal());
        var token = accounts.link(call.principal());
        return Reply.json(
                201, Map.of("token", token, "expires_in", Accounts.LINK_LIFE.toSeconds()));
    }

    /// 200 with a session; 400 `invalid_token`, 429.
    private Reply useLink(Call call) throws IOException {
        var body = call.body();
        var token = body.required("token");
        boolean browser = call.wantsCookie(body);
        throttle.address(Throttle.Kind.ACTIVATE, call);
        return accounts.useLink(token)
                .map(signed -> replies.signedIn(200, signed, browser))
                .orElseGet(AccountRoutes::invalidToken);
    }

    /// 200.
    private Reply show(Call call) {
        var account = account(call);
        var json = new LinkedHashMap<String, Object>();
        json.put("user_id", account.id().toString());
        json.put("name", account.name());
        json.put("email", account.email());
        json.put("has_password", account.passwordHash().isPresent());
        json.put("providers", oauth.of(call.principal()));
        json.put("team_id", call.principal().team().toString());
        json.put("role", call.principal().role().map(Role::wire).orElse(""));
        if (account.platformAdmin()) json.put("is_admin", true);
        if (call.byCookie() && call.principal().credential() instanceof Credential.Session(var id))
            json.put("csrf_token", replies.tokens().csrf(id));
        return Reply.ok(json);
    }

    /// 200 with a new token for the same team; 400.
    private Reply rename(Call call) throws IOException {
        var name = name(call.body());
        return accounts.rename(call.principal(), name)
                .map(signed -> replies.signedIn(200, signed, call.byCookie()))
                .orElseThrow(AccountRoutes::gone);
    }

    /// 204; 400 unless the confirmation is the own address, 409 for who owns a team with others.
    private Reply delete(Call call) throws IOException {
        var confirmation = call.body().required("confirmation");
        var account = account(call);
        if (!Email.normal(confirmation).equals(account.email()))
            throw ApiException.invalid("confirmation: expected the own e-mail address");
        if (accounts.delete(call.principal(), account)) return replies.signedOut();
        return Reply.error(
                new ApiError(
                        409,
                        "owns_team_with_members",
                        "a team with other members belongs to the account: transfer it first"));
    }

    /// 204: every other session has ended; 400, 401 `wrong_password`, 429.
    private Reply changePassword(Call call) throws IOException {
        var body = call.body();
        var password = password(body, "new_password");
        if (!password.equals(body.required("confirm_password")))
            throw ApiException.invalid("confirm_password: not the same as new_password");
        var present = body.text("current_password");
        if (present.isPresent() && present.get().length() > Passwords.LONGEST)
            throw ApiException.invalid("current_password: too long");
        var user = call.principal().user().toString();
        throttle.account(Throttle.Kind.PASSWORD, user);
        if (!accounts.changePassword(call.principal(), present, password))
            return Reply.error(
                    new ApiError(401, "wrong_password", "current_password: not the present one"));
        throttle.forgive(Throttle.Kind.PASSWORD, user);
        return Reply.noContent();
    }

    /// 204 whether or not the address has an account; 400, 429.
    private Reply askReset(Call call) throws IOException {
        var email = email(call.body());
        throttle.address(Throttle.Kind.RESET, call);
        throttle.account(Throttle.Kind.RESET, email);
        accounts.askReset(email);
        return Reply.noContent();
    }

    /// 204: every session has ended; 400 `invalid_token`; a password that cannot be used leaves the
    /// token as it is.
    private Reply reset(Call call) throws IOException {
        var body = call.body();
        var token = body.required("token");
        var password = password(body, "new_password");
        throttle.address(Throttle.Kind.RESET, call);
        return accounts.reset(token, password) ? Reply.noContent() : invalidToken();
    }

    private Account account(Call call) {
        return accounts.find(call.principal()).orElseThrow(AccountRoutes::gone);
    }

    private static ApiException gone() {
        return new ApiException(401, "unauthorized", "user not found");
    }

    private static Reply invalidToken() {
        return Reply.error(
                new ApiError(400, "invalid_token", "unknown, used or expired; ask for a new one"));
    }

    private static String email(Fields body) {
        return Email.parse(body.required("email"))
                .orElseThrow(() -> ApiException.invalid("email: not an e-mail address"));
    }

    private static String name(Fields body) {
        var name = body.required("name").strip();
        boolean odd = name.chars().anyMatch(Character::isISOControl);
        if (name.isEmpty() || name.codePointCount(0, name.length()) > LONGEST_NAME || odd)
            throw ApiException.invalid("name: expected 1 to 100 characters");
        return name;
    }

    private static String password(Fields body, String field) {
        var password = body.required(field);
        if (!Passwords.acceptable(password))
            throw ApiException.invalid(field + ": expected 8 to 1024 characters");
        return password;
    }
}
