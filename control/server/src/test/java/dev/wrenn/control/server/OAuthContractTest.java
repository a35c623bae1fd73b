package dev.wrenn.control.server;

import static dev.wrenn.control.server.Person.body;
import static org.assertj.core.api.Assertions.assertThat;

import dev.wrenn.common.testing.PostgresFixture;
import dev.wrenn.common.testing.RedisFixture;
import java.net.URI;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/// Signing in, signing up and linking by GitHub, against a server of its protocol.
class OAuthContractTest {
    @RegisterExtension static final PostgresFixture POSTGRES = new PostgresFixture();
    @RegisterExtension static final RedisFixture REDIS = new RedisFixture();

    private static final AtomicLong IDS = new AtomicLong(System.nanoTime());

    private static Stack stack;
    private static Control control;
    private static ApiProbe api;

    @BeforeAll
    static void start() throws Exception {
        stack = new Stack(POSTGRES, REDIS);
        control = stack.control();
        api = stack.probe(control);
    }

    @AfterAll
    static void stop() throws Exception {
        control.close();
        stack.close();
    }

    /// A browser that keeps cookies.
    private static final class Browser {
        final Map<String, String> cookies = new LinkedHashMap<>();
        private final Map<String, String> more;

        Browser(Map<String, String> more) {
            this.more = more;
        }

        ApiProbe.Answer go(String method, String path) {
            var headers = new LinkedHashMap<>(more);
            if (!cookies.isEmpty())
                headers.put(
                        "Cookie",
                        cookies.entrySet().stream()
                                .map(c -> c.getKey() + "=" + c.getValue())
                                .collect(Collectors.joining("; ")));
            var answer = api.with(headers).call(method, path, method.equals("POST") ? "{}" : null);
            for (var cookie : answer.headers().allValues("Set-Cookie")) {
                assertThat(cookie).contains("HttpOnly", "SameSite=");
                int at = cookie.indexOf('=');
                var value = cookie.substring(at + 1, cookie.indexOf(';'));
                if (value.isEmpty()) cookies.remove(cookie.substring(0, at));
                else cookies.put(cookie.substring(0, at), value);
            }
            return answer;
        }

        /// Goes to GitHub, says yes, comes back.
        String signs(String intent, FakeGitHub.Who who) {
            var begun = go("GET", "/auth/oauth/github?intent=" + intent);
            assertThat(begun.status()).isEqualTo(302);
            return back(location(begun), who);
        }

        String back(String url, FakeGitHub.Who who) {
            var asked = FakeGitHub.fields(URI.create(url).getRawQuery());
            var code = Stack.GITHUB.grant(asked, who);
            return location(returns("state=" + asked.get("state") + "&code=" + code));
        }

        ApiProbe.Answer returns(String query) {
            var answer = go("GET", "/auth/oauth/github/callback?" + query);
            assertThat(answer.status()).isEqualTo(302);
            assertThat(cookies).doesNotContainKeys("oauth_state", "oauth_link_user_id");
            return answer;
        }

        ApiProbe.Answer exchange() {
            return go("POST", "/v1/auth/oauth/exchange");
        }
    }

    private static String location(ApiProbe.Answer answer) {
        return answer.headers().firstValue("Location").orElseThrow();
    }

    private static FakeGitHub.Who who(String name) {
        var email = name + "-" + UUID.randomUUID() + "@Example.org";
        return new FakeGitHub.Who(IDS.incrementAndGet(), name, email, true);
    }

    private static Browser browser() {
        return new Browser(Map.of());
    }

    @Test
    void somebodyNewSignsUpAndThenIn() {
        var ada = who("Ada");
        assertThat(browser().signs("login", ada)).endsWith("?error=no_account");
        var first = browser();
        assertThat(first.signs("signup", ada)).isEqualTo("/auth/github/callback?new_signup=1");
        var code = first.cookies.get("wrenn_oauth_code");
        var session = first.exchange();
        assertThat(session.status()).isEqualTo(200);
        assertThat(session.body().path("email").asString())
                .isEqualTo(ada.email().toLowerCase(java.util.Locale.ROOT));
        var me = api.bearer(session.body().path("token").asString()).get("/v1/me").body();
        assertThat(me.path("providers").toString()).isEqualTo("[\"github\"]");
        assertThat(me.path("has_password").asBoolean()).isFalse();
        first.cookies.put("wrenn_oauth_code", code);
        assertThat(first.exchange().code()).as("used").isEqualTo("invalid_token");
        var second = browser();
        assertThat(second.signs("login", ada)).isEqualTo("/auth/github/callback");
        assertThat(second.exchange().body().path("user_id").asString())
                .isEqualTo(session.body().path("user_id").asString());
        assertThat(browser().exchange().status()).as("without a code").isEqualTo(400);
    }

    @Test
    void addressesAreNeitherMergedNorTakenUnverified() throws Exception {
        var ada = Person.signUp(api, "Ada");
        var same = new FakeGitHub.Who(IDS.incrementAndGet(), "Ada", ada.email(), true);
        assertThat(browser().signs("signup", same)).endsWith("?error=email_taken");
        var grace = who("Grace");
        var unverified = new FakeGitHub.Who(grace.id(), grace.name(), grace.email(), false);
        assertThat(browser().signs("signup", unverified)).endsWith("?error=exchange_failed");
        // A sign-up that nobody confirmed gives way, and its password with it.
        var waiting =
                body("email", grace.email(), "password", "chosen by who knows", "name", "Mallory");
        api.with(Map.of()).post("/v1/auth/signup", waiting);
        var browser = browser();
        assertThat(browser.signs("signup", grace)).endsWith("?new_signup=1");
        assertThat(browser.exchange().body().path("name").asString()).isEqualTo("Grace");
        var login = body("email", grace.email(), "password", "chosen by who knows");
        assertThat(api.with(Map.of()).post("/v1/auth/login", login).status()).isEqualTo(401);
        sql("update users set status = 'disabled' where email = lower('" + grace.email() + "')");
        assertThat(browser().signs("login", grace)).endsWith("?error=account_deactivated");
    }

    @Test
    void whatDoesNotBelongTogetherIsRefused() {
        var ada = who("Ada");
        var begun = location(browser().go("GET", "/auth/oauth/github"));
        assertThat(begun).contains("scope=user%3Aemail", "code_challenge_method=S256");
        assertThat(browser().back(begun, ada)).as("no cookie").endsWith("?error=invalid_state");
        var forged = browser();
        forged.go("GET", "/auth/oauth/github?intent=login");
        forged.cookies.computeIfPresent(
                "oauth_state", (_, kept) -> kept.replace(":login", ":signup"));
        var nonce = forged.cookies.get("oauth_state").split(":")[0];
        assertThat(location(forged.returns("state=" + nonce + "&code=x")))
                .endsWith("?error=invalid_state");
        var denied = browser();
        denied.go("GET", "/auth/oauth/github");
        nonce = denied.cookies.get("oauth_state").split(":")[0];
        assertThat(location(denied.returns("state=" + nonce + "&error=access_denied")))
                .endsWith("?error=access_denied");
        var empty = browser();
        empty.go("GET", "/auth/oauth/github");
        nonce = empty.cookies.get("oauth_state").split(":")[0];
        assertThat(location(empty.returns("state=" + nonce))).endsWith("?error=missing_code");
        var stolen = browser();
        stolen.go("GET", "/auth/oauth/github");
        nonce = stolen.cookies.get("oauth_state").split(":")[0];
        var code = Stack.GITHUB.grant(FakeGitHub.fields(URI.create(begun).getRawQuery()), ada);
        assertThat(location(stolen.returns("state=" + nonce + "&code=" + code)))
                .as("a code of another browser")
                .endsWith("?error=exchange_failed");
        assertThat(api.get("/auth/oauth/elsewhere").code()).isEqualTo("provider_not_found");
    }

    @Test
    void anAccountIsLinkedAndUnlinked() {
        var ada = Person.signUp(api, "Ada");
        var theirs = who("AdaAtGitHub");
        var browser = new Browser(Map.of("Authorization", "Bearer " + ada.token()));
        var url = browser.go("GET", "/v1/me/providers/github/connect").body().path("auth_url");
        assertThat(browser.back(url.asString(), theirs))
                .isEqualTo("/dashboard/settings?connected=github");
        assertThat(browser().signs("login", theirs)).isEqualTo("/auth/github/callback");
        var grace = Person.signUp(api, "Grace");
        var other = new Browser(Map.of("Authorization", "Bearer " + grace.token()));
        url = other.go("GET", "/v1/me/providers/github/connect").body().path("auth_url");
        assertThat(other.back(url.asString(), theirs))
                .isEqualTo("/dashboard/settings?connect_error=already_linked");
        // A cookie that names somebody else is no link.
        url = other.go("GET", "/v1/me/providers/github/connect").body().path("auth_url");
        other.cookies.computeIfPresent(
                "oauth_link_user_id", (_, link) -> link.replace(grace.id(), ada.id()));
        assertThat(other.back(url.asString(), who("Mallory")))
                .isEqualTo("/dashboard/settings?connect_error=invalid_state");
        assertThat(ada.api().delete("/v1/me/providers/github").status()).isEqualTo(204);
        assertThat(ada.api().delete("/v1/me/providers/github").status()).isEqualTo(404);
        assertThat(browser().signs("login", theirs)).endsWith("?error=no_account");
        var only = browser();
        only.signs("signup", who("Only"));
        var session = api.bearer(only.exchange().body().path("token").asString());
        assertThat(session.delete("/v1/me/providers/github").code()).isEqualTo("last_login_method");
        var password = body("new_password", "long enough", "confirm_password", "long enough");
        assertThat(session.post("/v1/me/password", password).status()).isEqualTo(204);
        assertThat(session.delete("/v1/me/providers/github").status()).isEqualTo(204);
    }

    private static void sql(String statement) throws Exception {
        try (var connection = POSTGRES.connect();
                var s = connection.createStatement()) {
            s.execute(statement);
        }
    }
}
