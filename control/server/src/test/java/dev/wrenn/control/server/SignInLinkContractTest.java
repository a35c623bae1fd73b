package dev.wrenn.control.server;

import static org.assertj.core.api.Assertions.assertThat;

import dev.wrenn.common.testing.PostgresFixture;
import dev.wrenn.common.testing.RedisFixture;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/// Links that sign in: once, for a while, and for whoever asked for them.
class SignInLinkContractTest {
    @RegisterExtension static final PostgresFixture POSTGRES = new PostgresFixture();
    @RegisterExtension static final RedisFixture REDIS = new RedisFixture();

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

    private static String link(Person person) {
        var made = person.api().post("/v1/me/link", "");
        assertThat(made.status()).as(made.text()).isEqualTo(201);
        assertThat(made.body().path("expires_in").asInt()).isEqualTo(600);
        return made.body().path("token").asString();
    }

    private static ApiProbe.Answer use(String token) {
        return api.with(Map.of()).post("/v1/auth/link", Person.body("token", token));
    }

    @Test
    void aLinkSignsInOnceAndKeepsNoTokenForScripts() {
        var ada = Person.signUp(api, "Ada");
        var token = link(ada);
        var signed =
                api.with(Map.of())
                        .post("/v1/auth/link", "{\"token\":\"" + token + "\",\"cookie\":true}");
        assertThat(signed.status()).as(signed.text()).isEqualTo(200);
        assertThat(signed.body().path("user_id").asString()).isEqualTo(ada.id());
        assertThat(signed.body().has("token")).isFalse();
        var cookie = signed.headers().firstValue("Set-Cookie").orElse("");
        assertThat(cookie).contains("HttpOnly", "SameSite=Strict");
        assertThat(use(token).code()).isEqualTo("invalid_token");
        // The page learns what has to stand beside the cookie again when it is loaded anew.
        var session = api.with(Map.of("Cookie", cookie.substring(0, cookie.indexOf(';'))));
        assertThat(session.get("/v1/me").body().path("csrf_token"))
                .isEqualTo(signed.body().path("csrf_token"));
        assertThat(ada.api().get("/v1/me").body().has("csrf_token")).isFalse();
    }

    @Test
    void ofManyWhoUseALinkAtOnceOneIsIn() throws Exception {
        var token = link(Person.signUp(api, "Bob"));
        Callable<Integer> attempt = () -> use(token).status();
        try (var all = Executors.newVirtualThreadPerTaskExecutor()) {
            var tries = all.invokeAll(java.util.Collections.nCopies(12, attempt));
            int in = 0;
            for (var one : tries) if (one.get() == 200) in++;
            assertThat(in).isEqualTo(1);
        }
    }

    @Test
    void aNewLinkAndANewPasswordMakeOldOnesVoid() {
        var eve = Person.signUp(api, "Eve");
        var first = link(eve);
        var second = link(eve);
        assertThat(use(first).status()).isEqualTo(400);
        var changed =
                eve.api()
                        .post(
                                "/v1/me/password",
                                Person.body(
                                        "current_password",
                                        Person.PASSWORD,
                                        "new_password",
                                        "another staple",
                                        "confirm_password",
                                        "another staple"));
        assertThat(changed.status()).as(changed.text()).isEqualTo(204);
        assertThat(use(second).status()).isEqualTo(400);
    }

    @Test
    void anOldLinkIsNotGood() throws Exception {
        var token = link(Person.signUp(api, "Dan"));
        try (var connection = POSTGRES.connect();
                var statement = connection.createStatement()) {
            statement.execute("update mail_tokens set expires_at = now() where purpose = 'signin'");
        }
        assertThat(use(token).code()).isEqualTo("invalid_token");
        assertThat(use("nonsense").code()).isEqualTo("invalid_token");
    }

    @Test
    void aKeyCannotMakeOne() {
        assertThat(api.post("/v1/me/link", "").status()).isEqualTo(401);
    }
}
