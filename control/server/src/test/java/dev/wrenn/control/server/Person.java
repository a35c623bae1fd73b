package dev.wrenn.control.server;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import java.util.UUID;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.JsonNodeFactory;

/// Somebody with an account, made the way people make one.
///
/// @param api as this person, in the own team
record Person(String email, String id, String team, String token, ApiProbe api) {
    static final String PASSWORD = "battery staple";

    static Person signUp(ApiProbe any, String name) {
        var email =
                name.toLowerCase(java.util.Locale.ROOT) + "-" + UUID.randomUUID() + "@example.org";
        var anonymous = any.with(Map.of());
        var answer =
                anonymous.post(
                        "/v1/auth/signup",
                        body("email", email, "password", PASSWORD, "name", name));
        assertThat(answer.status()).as(answer.text()).isEqualTo(201);
        var token = Mails.token(email, "Activate", 1);
        var signed = anonymous.post("/v1/auth/activate", body("token", token));
        assertThat(signed.status()).as(signed.text()).isEqualTo(200);
        return of(any, signed.body());
    }

    private static Person of(ApiProbe any, JsonNode signed) {
        var token = signed.path("token").asString();
        return new Person(
                signed.path("email").asString(),
                signed.path("user_id").asString(),
                signed.path("team_id").asString(),
                token,
                any.bearer(token));
    }

    /// The same person in another team.
    Person in(String other) {
        var signed = api.post("/v1/auth/switch-team", body("team_id", other));
        assertThat(signed.status()).as(signed.text()).isEqualTo(200);
        return of(api, signed.body());
    }

    Person again() {
        return of(
                api,
                api.with(Map.of())
                        .post("/v1/auth/login", body("email", email, "password", PASSWORD))
                        .body());
    }

    /// A key of this person's team.
    ApiProbe key(String scope) {
        var made = api.post("/v1/api-keys", body("name", "of " + scope, "scope", scope));
        assertThat(made.status()).as(made.text()).isEqualTo(201);
        return api.as(made.body().path("key").asString());
    }

    /// Adds somebody to this person's team.
    void adds(Person other, String role) {
        var added = api.post("/v1/teams/" + team + "/members", body("email", other.email));
        assertThat(added.status()).as(added.text()).isEqualTo(201);
        if (role.equals("member")) return;
        var path = "/v1/teams/" + team + "/members/" + other.id;
        assertThat(api.patch(path, body("role", role)).status()).isEqualTo(204);
    }

    /// A JSON object of pairs of name and value.
    static String body(String... pairs) {
        var json = JsonNodeFactory.instance.objectNode();
        for (int i = 0; i < pairs.length; i += 2) json.put(pairs[i], pairs[i + 1]);
        return json.toString();
    }
}
