package dev.wrenn.control.outgoing;

import dev.wrenn.common.runtime.Secret;
import dev.wrenn.control.domain.accounts.Email;
import dev.wrenn.control.domain.accounts.OAuthProvider;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.stream.Collectors;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/// Accounts at GitHub. Only the main address counts, and only once GitHub has verified it.
public final class GitHub implements OAuthProvider, AutoCloseable {
    private static final Duration CONNECT = Duration.ofSeconds(5);
    private static final Duration LIMIT = Duration.ofSeconds(10); // of one request
    private static final int LARGEST = 1 << 20;
    private static final int LONGEST_NAME = 100;
    private static final int OK = 200;

    private final Settings settings;
    private final HttpClient http =
            HttpClient.newBuilder()
                    .connectTimeout(CONNECT)
                    .followRedirects(HttpClient.Redirect.NEVER)
                    .build();

    /// How this installation is known there.
    ///
    /// @param site where browsers go
    /// @param api where programs go
    public record Settings(String clientId, Secret clientSecret, URI site, URI api) {}

    public GitHub(Settings settings) {
        this.settings = settings;
    }

    @Override
    public String name() {
        return "github";
    }

    @Override
    public URI authorize(String state, String challenge, URI back) {
        var query = new LinkedHashMap<String, String>();
        query.put("client_id", settings.clientId());
        query.put("redirect_uri", back.toString());
        query.put("scope", "user:email");
        query.put("state", state);
        query.put("code_challenge", challenge);
        query.put("code_challenge_method", "S256");
        return URI.create(settings.site() + "/login/oauth/authorize?" + form(query));
    }

    private static String form(Map<String, String> fields) {
        return fields.entrySet().stream()
                .map(f ->
                        f.getKey() + "=" + URLEncoder.encode(f.getValue(), StandardCharsets.UTF_8))
                .collect(Collectors.joining("&"));
    }

    @Override
    public Person person(String code, String verifier, URI back) {
        var token = token(code, verifier, back);
        var user = get("/user", token);
        if (!user.path("id").isIntegralNumber()) throw new FailedException("no id");
        var login = user.path("login").asString("");
        var name = user.path("name").asString("").strip();
        var shown = name.isEmpty() ? login : name;
        return new Person(
                user.path("id").asString(),
                address(get("/user/emails", token)),
                plain(shown.isEmpty() ? "GitHub user" : shown));
    }

    /// As names of accounts may be.
    private static String plain(String name) {
        var plain =
                name.codePoints()
                        .filter(c ->
                                !Character.isISOControl(c)
                                        && Character.getType(c) != Character.SURROGATE)
                        .limit(LONGEST_NAME)
                        .collect(
                                StringBuilder::new,
                                StringBuilder::appendCodePoint,
                                StringBuilder::append)
                        .toString()
                        .strip();
        return plain.isEmpty() ? "GitHub user" : plain;
    }

    private static String address(JsonNode emails) {
        for (var email : emails)
            if (email.path("primary").asBoolean(false) && email.path("verified").asBoolean(false)) {
                var address = email.path("email").asString("");
                if (Email.parse(address).isPresent()) return address;
            }
        throw new FailedException("no verified main address");
    }

    private Secret token(String code, String verifier, URI back) {
        var fields = new LinkedHashMap<String, String>();
        fields.put("client_id", settings.clientId());
        fields.put("client_secret", settings.clientSecret().reveal());
        fields.put("code", code);
        fields.put("redirect_uri", back.toString());
        fields.put("code_verifier", verifier);
        var request =
                HttpRequest.newBuilder(URI.create(settings.site() + "/login/oauth/access_token"))
                        .header("Content-Type", "application/x-www-form-urlencoded")
                        .POST(HttpRequest.BodyPublishers.ofString(form(fields)));
        var token = send(request).path("access_token").asString("");
        if (token.isEmpty()) throw new FailedException("the code was not taken");
        return new Secret(token);
    }

    private JsonNode get(String path, Secret token) {
        return send(
                HttpRequest.newBuilder(URI.create(settings.api() + path))
                        .header("Authorization", "Bearer " + token.reveal())
                        .GET());
    }

    private JsonNode send(HttpRequest.Builder request) {
        try {
            var wire = request.header("Accept", "application/json").timeout(LIMIT).build();
            HttpResponse<InputStream> answer =
                    http.send(wire, HttpResponse.BodyHandlers.ofInputStream());
            try (var body = answer.body()) {
                if (answer.statusCode() != OK)
                    throw new FailedException("answered " + answer.statusCode());
                var bytes = body.readNBytes(LARGEST + 1);
                if (bytes.length > LARGEST) throw new FailedException("answered too much");
                return JsonMapper.shared().readTree(bytes);
            }
        } catch (IOException | JacksonException | IllegalArgumentException e) {
            throw new FailedException("did not answer well", e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new FailedException("interrupted", e);
        }
    }

    @Override
    public void close() {
        http.close();
    }
}
