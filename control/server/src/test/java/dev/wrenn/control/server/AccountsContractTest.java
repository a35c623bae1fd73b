package dev.wrenn.control.server;

import static dev.wrenn.control.server.Person.body;
import static org.assertj.core.api.Assertions.assertThat;

import dev.wrenn.common.testing.PostgresFixture;
import dev.wrenn.common.testing.RedisFixture;
import java.time.Duration;
import java.util.Map;
import java.util.UUID;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/// Accounts from sign-up to their end.
class AccountsContractTest {
    @RegisterExtension static final PostgresFixture POSTGRES = new PostgresFixture();
    @RegisterExtension static final RedisFixture REDIS = new RedisFixture();

    private static Stack stack;
    private static Control control;
    private static ApiProbe api;
    private static ApiProbe anybody;

    @BeforeAll
    static void start() throws Exception {
        stack = new Stack(POSTGRES, REDIS);
        control = stack.control();
        api = stack.probe(control);
        anybody = api.with(Map.of());
    }

    @AfterAll
    static void stop() throws Exception {
        control.close();
        stack.close();
    }

    @Test
    void aNewAccountHasATeamOfItsOwnAndNoPowerOverThePlatform() {
        var ada = Person.signUp(api, "Ada");
        var me = ada.api().get("/v1/me").body();
        assertThat(me.path("role").asString()).isEqualTo("owner");
        assertThat(me.path("has_password").asBoolean()).isTrue();
        assertThat(me.has("is_admin")).isFalse();
        var teams = ada.api().get("/v1/teams").body();
        assertThat(teams).hasSize(1);
        assertThat(teams.get(0).path("name").asString()).isEqualTo("Ada's Team");
        assertThat(teams.get(0).path("slug").asString()).matches("[0-9a-f]{6}-[0-9a-f]{6}");
        assertThat(ada.api().get("/v1/capsules").body()).isEmpty();
        assertThat(ada.api().get("/v1/admin/audit-logs").status()).isEqualTo(403);
        assertThat(api.signIn(stack.email, Stack.PASSWORD).get("/v1/admin/audit-logs").status())
                .isEqualTo(200);
    }

    @Test
    void anAccountThatIsNotActivatedCannotSignIn() {
        var email = "grace-" + UUID.randomUUID() + "@example.org";
        var form = body("email", email, "password", Person.PASSWORD, "name", "Grace");
        assertThat(anybody.post("/v1/auth/signup", form).status()).isEqualTo(201);
        var login = body("email", email, "password", Person.PASSWORD);
        assertThat(anybody.post("/v1/auth/login", login).code()).isEqualTo("account_not_activated");
        var wrong = body("email", email, "password", "something else");
        assertThat(anybody.post("/v1/auth/login", wrong).code()).isEqualTo("unauthorized");
        var token = Mails.token(email, "Activate", 1);
        assertThat(anybody.post("/v1/auth/signup", form).status()).as("too soon").isEqualTo(201);
        var active = anybody.post("/v1/auth/activate", body("token", token));
        assertThat(active.status()).isEqualTo(200);
        var again = anybody.post("/v1/auth/activate", body("token", token));
        assertThat(again.code()).as("tokens are used once").isEqualTo("invalid_token");
        assertThat(anybody.post("/v1/auth/login", login).status()).isEqualTo(200);
        assertThat(Mails.to(email, "Activate")).hasSize(1);
    }

    @Test
    void signUpTellsNobodyWhoHasAnAccount() {
        var ada = Person.signUp(api, "Ada");
        var known = signUp(ada.email());
        var unknown = signUp("new-" + UUID.randomUUID() + "@example.org");
        assertThat(known.status()).isEqualTo(unknown.status());
        assertThat(known.body()).isEqualTo(unknown.body());
        Stack.await(
                Duration.ofSeconds(20),
                () -> Mails.to(ada.email(), "Your Wrenn account").size() == 1);
        assertThat(ada.again().api().get("/v1/me").status())
                .as("password unchanged")
                .isEqualTo(200);
        var reset = anybody.post("/v1/me/password/reset", body("email", "nobody@example.org"));
        assertThat(reset.status()).isEqualTo(204);
    }

    private static ApiProbe.Answer signUp(String email) {
        return anybody.post(
                "/v1/auth/signup", body("email", email, "password", "another one", "name", "X"));
    }

    @Test
    void whatCannotBeAnAccountIsRefused() {
        for (var form :
                new String[] {
                    body("email", "no address", "password", "long enough", "name", "A"),
                    body("email", "a@b\r\nBcc: c@d", "password", "long enough", "name", "A"),
                    body("email", "a@example.org", "password", "short", "name", "A"),
                    body("email", "a@example.org", "password", "x".repeat(1025), "name", "A"),
                    body("email", "a@example.org", "password", "long enough", "name", " "),
                    body(
                            "email",
                            "a@example.org",
                            "password",
                            "long enough",
                            "name",
                            "x".repeat(101)),
                    body("email", "a@example.org", "name", "A"),
                    "{\"email\":1}",
                    "[]",
                    ""
                }) {
            var answer = anybody.post("/v1/auth/signup", form);
            assertThat(answer.status()).as(form).isEqualTo(400);
            assertThat(answer.code()).isEqualTo("invalid_request");
        }
    }

    @Test
    void aLongPasswordOfManyBytesWorksToItsLastCharacter() {
        var ada = Person.signUp(api, "Ada");
        var password = "ä".repeat(100);
        assertThat(change(ada, Person.PASSWORD, password).status()).isEqualTo(204);
        var login = body("email", ada.email(), "password", password);
        assertThat(anybody.post("/v1/auth/login", login).status()).isEqualTo(200);
        var nearly = body("email", ada.email(), "password", "ä".repeat(99) + "a");
        assertThat(anybody.post("/v1/auth/login", nearly).status()).isEqualTo(401);
    }

    private static ApiProbe.Answer change(Person who, String present, String password) {
        return who.api()
                .post(
                        "/v1/me/password",
                        body(
                                "current_password",
                                present,
                                "new_password",
                                password,
                                "confirm_password",
                                password));
    }

    @Test
    void aChangedPasswordEndsTheOtherSessions() {
        var here = Person.signUp(api, "Ada");
        var there = here.again();
        assertThat(change(here, "not this one", "a new one!").code()).isEqualTo("wrong_password");
        assertThat(there.api().get("/v1/me").status()).isEqualTo(200);
        assertThat(change(here, Person.PASSWORD, "a new one!").status()).isEqualTo(204);
        assertThat(here.api().get("/v1/me").status()).isEqualTo(200);
        assertThat(there.api().get("/v1/me").status()).isEqualTo(401);
    }

    @Test
    void aMailedTokenSetsANewPasswordOnceAndEndsEverySession() {
        var ada = Person.signUp(api, "Ada");
        assertThat(anybody.post("/v1/me/password/reset", body("email", ada.email())).status())
                .isEqualTo(204);
        var token = Mails.token(ada.email(), "new Wrenn password", 1);
        var path = "/v1/me/password/reset/confirm";
        var tooShort = anybody.post(path, body("token", token, "new_password", "short"));
        assertThat(tooShort.code()).isEqualTo("invalid_request");
        var set = anybody.post(path, body("token", token, "new_password", "quite new"));
        assertThat(set.status()).as("the token was not burnt").isEqualTo(204);
        assertThat(ada.api().get("/v1/me").status()).isEqualTo(401);
        var again = anybody.post(path, body("token", token, "new_password", "newer still"));
        assertThat(again.code()).isEqualTo("invalid_token");
        assertThat(anybody.post(path, body("token", "x", "new_password", "newer still")).code())
                .isEqualTo("invalid_token");
        var login = body("email", ada.email(), "password", "quite new");
        assertThat(anybody.post("/v1/auth/login", login).status()).isEqualTo(200);
    }

    @Test
    void anotherNameKeepsTheTeamOfTheSession() {
        var ada = Person.signUp(api, "Ada");
        var made = ada.api().post("/v1/teams", body("name", "Birds"));
        var there = ada.in(made.body().path("id").asString());
        var renamed = there.api().patch("/v1/me", body("name", "Ada Lovelace"));
        assertThat(renamed.status()).isEqualTo(200);
        assertThat(renamed.body().path("team_id").asString()).isEqualTo(there.team());
        assertThat(there.api().get("/v1/me").body().path("name").asString())
                .isEqualTo("Ada Lovelace");
    }

    @Test
    void aDeletedAccountIsGoneWithItsTeamsKeysAndSessions() throws Exception {
        var ada = Person.signUp(api, "Ada");
        var grace = Person.signUp(api, "Grace");
        ada.adds(grace, "member");
        var capsule = ada.api().post("/v1/capsules", "{}").id();
        var key = ada.key("full");
        var wish = body("confirmation", ada.email());
        assertThat(
                        ada.api()
                                .call("DELETE", "/v1/me", body("confirmation", "other@example.org"))
                                .status())
                .isEqualTo(400);
        assertThat(ada.api().call("DELETE", "/v1/me", wish).code())
                .isEqualTo("owns_team_with_members");
        assertThat(key.get("/v1/capsules").status()).as("nothing was changed").isEqualTo(200);
        assertThat(
                        grace.in(ada.team())
                                .api()
                                .post("/v1/teams/" + ada.team() + "/leave", null)
                                .status())
                .isEqualTo(204);
        assertThat(ada.api().call("DELETE", "/v1/me", wish).status()).isEqualTo(204);
        assertThat(ada.api().get("/v1/me").status()).isEqualTo(401);
        Stack.await(Duration.ofSeconds(5), () -> key.get("/v1/capsules").status() == 401);
        var login = body("email", ada.email(), "password", Person.PASSWORD);
        assertThat(anybody.post("/v1/auth/login", login).code()).isEqualTo("unauthorized");
        Stack.await(Duration.ofSeconds(30), () -> !stack.agent.capsules().containsKey(capsule));
        purge(ada);
    }

    /// After 15 days nothing of the person is left, and the trail keeps what was done.
    private static void purge(Person gone) throws Exception {
        var database =
                dev.wrenn.control.store.Database.open(
                        stack.config().database(), 2, Duration.ofSeconds(9));
        try (database) {
            var store =
                    new dev.wrenn.control.store.PgAccountStore(database, new java.util.Random(1));
            assertThat(store.purge(Duration.ofDays(15), 10)).doesNotContain(gone.email());
            assertThat(store.purge(Duration.ZERO, 10)).contains(gone.email());
        }
        assertThat(count("select count(*) from users where email = '" + gone.email() + "'"))
                .isZero();
        assertThat(count("select count(*) from audit_logs where actor_id = '" + gone.id() + "'"))
                .isZero();
        assertThat(count("select count(*) from audit_logs where actor_name = 'deleted-user'"))
                .isPositive();
        assertThat(
                        count(
                                "select count(*) from audit_logs where metadata->>'email' = '"
                                        + gone.email()
                                        + "'"))
                .isZero();
    }

    private static int count(String sql) throws Exception {
        try (var connection = POSTGRES.connect();
                var statement = connection.createStatement();
                var rows = statement.executeQuery(sql)) {
            rows.next();
            return rows.getInt(1);
        }
    }
}
