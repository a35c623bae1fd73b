package dev.wrenn.cli.instance;

import dev.wrenn.cli.DataDir;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/// The address that signs the operator in, once and within ten minutes, as the account that the
/// instance began with. The token stands behind the `#`, which browsers send to nobody.
final class SignInLink {
    private static final Logger LOG = LoggerFactory.getLogger(SignInLink.class);
    private static final Duration LIMIT = Duration.ofSeconds(5);

    private SignInLink() {}

    /// @param environment may hold `WRENN_CP_PUBLIC_URL`, where browsers find the instance
    /// @return empty when it serves no dashboard, or the account has another password by now
    static Optional<String> make(DataDir data, Map<String, String> environment) {
        try (var http = HttpClient.newBuilder().connectTimeout(LIMIT).build()) {
            var known = JsonMapper.shared().readTree(Files.readAllBytes(data.credentials()));
            var api = known.path("api_url").asString("");
            if (!servesPages(http, api)) return Optional.empty();
            var login = JsonMapper.shared().createObjectNode();
            login.set("email", known.path("email"));
            login.set("password", known.path("password"));
            var session =
                    text(
                            post(http, api + "/v1/auth/login", Optional.empty(), login.toString()),
                            "token");
            if (session.isEmpty()) return Optional.empty();
            var token = text(post(http, api + "/v1/me/link", session, ""), "token");
            post(http, api + "/v1/auth/logout", session, "");
            var site = environment.getOrDefault("WRENN_CP_PUBLIC_URL", api).replaceFirst("/+$", "");
            return token.map(t -> site + "/welcome#" + t);
        } catch (IOException | JacksonException | IllegalArgumentException e) {
            LOG.atDebug().setCause(e).log("no link");
            return Optional.empty();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return Optional.empty();
        }
    }

    private static boolean servesPages(HttpClient http, String api)
            throws IOException, InterruptedException {
        var request = request(api + "/welcome").header("Accept", "text/html").GET().build();
        return http.send(request, HttpResponse.BodyHandlers.discarding()).statusCode() == 200;
    }

    private static HttpRequest.Builder request(String url) {
        return HttpRequest.newBuilder(URI.create(url)).timeout(LIMIT);
    }

    /// @return an empty object unless the answer is a good one
    private static JsonNode post(HttpClient http, String url, Optional<String> session, String body)
            throws IOException, InterruptedException {
        var request =
                request(url)
                        .header("Content-Type", "application/json")
                        .POST(HttpRequest.BodyPublishers.ofString(body));
        session.ifPresent(token -> request.header("Authorization", "Bearer " + token));
        var answer = http.send(request.build(), HttpResponse.BodyHandlers.ofString());
        return answer.statusCode() / 100 == 2 && !answer.body().isEmpty()
                ? JsonMapper.shared().readTree(answer.body())
                : JsonMapper.shared().createObjectNode();
    }

    private static Optional<String> text(JsonNode json, String name) {
        return Optional.of(json.path(name).asString("")).filter(text -> !text.isEmpty());
    }
}
