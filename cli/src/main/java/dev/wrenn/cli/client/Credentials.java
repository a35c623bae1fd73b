package dev.wrenn.cli.client;

import dev.wrenn.cli.CommandFailure;
import dev.wrenn.cli.DataDir;
import dev.wrenn.common.runtime.Secret;
import java.io.IOException;
import java.net.URI;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.util.Map;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/// Whom to call and as whom. `WRENN_API_URL` and `WRENN_API_KEY` override the data directory's
/// file, each on its own.
///
/// @param key or the token of a session
/// @param session whether it is one
record Credentials(URI api, Secret key, boolean session) {
    static Credentials find(DataDir data, Map<String, String> env) {
        var url = env.getOrDefault("WRENN_API_URL", "").strip();
        var key = env.getOrDefault("WRENN_API_KEY", "").strip();
        if (url.isEmpty() || key.isEmpty()) {
            var file = read(data);
            if (url.isEmpty()) url = file.path("api_url").asString("");
            if (key.isEmpty()) key = file.path("api_key").asString("");
        }
        return new Credentials(parse(url), new Secret(key), false);
    }

    /// Whom to call, as nobody.
    static Credentials anonymous(DataDir data, Map<String, String> env) {
        var url = env.getOrDefault("WRENN_API_URL", "").strip();
        if (url.isEmpty()) url = read(data).path("api_url").asString("");
        return new Credentials(parse(url), new Secret(""), false);
    }

    /// The base without a slash at its end.
    static URI parse(String url) {
        try {
            var uri = URI.create(url.replaceFirst("/+$", ""));
            var scheme = uri.getScheme();
            if (uri.getHost() != null && ("http".equals(scheme) || "https".equals(scheme)))
                return uri;
        } catch (IllegalArgumentException e) {
            // answered below with everything else that is not an address
        }
        throw new CommandFailure(
                "not an API address: '" + url + "' (expected: http://HOST:PORT or https://HOST)");
    }

    static JsonNode read(DataDir data) {
        var file = data.credentials();
        try {
            return JsonMapper.shared().readTree(Files.readAllBytes(file));
        } catch (NoSuchFileException e) {
            throw new CommandFailure(
                    "no credentials in "
                            + file
                            + ": start an instance with ./wrenn up, give its --data-dir, or set"
                            + " WRENN_API_URL and WRENN_API_KEY",
                    e);
        } catch (AccessDeniedException e) {
            throw new CommandFailure(
                    file + " is not readable for this user: use the account that ran up", e);
        } catch (IOException | JacksonException e) {
            throw new CommandFailure(file + " cannot be read: " + e.getMessage(), e);
        }
    }
}
