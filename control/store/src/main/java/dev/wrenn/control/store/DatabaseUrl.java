package dev.wrenn.control.store;

import dev.wrenn.common.runtime.Env.ConfigException;
import dev.wrenn.common.runtime.Secret;
import java.net.URI;
import java.net.URISyntaxException;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Optional;

/// Where the database is and as whom to log in.
///
/// @param jdbcUrl without credentials
public record DatabaseUrl(String jdbcUrl, Optional<String> user, Optional<Secret> password) {
    private static final String JDBC = "jdbc:";
    private static final int DEFAULT_PORT = 5432;

    /// Reads `postgres://user:password@host:port/name?options`, also with `postgresql:` or in the
    /// JDBC form, where user and password are options. A password given apart wins.
    ///
    /// @throws ConfigException for anything else; the text is not repeated, it may hold a password
    public static DatabaseUrl parse(String text, Optional<Secret> password) {
        try {
            var uri = new URI(text.startsWith(JDBC) ? text.substring(JDBC.length()) : text);
            var scheme = uri.getScheme();
            boolean known = "postgres".equals(scheme) || "postgresql".equals(scheme);
            if (!known || uri.getHost() == null || uri.getPath() == null) throw malformed();
            if (uri.getPath().length() < 2) throw malformed();
            return read(uri, password);
        } catch (URISyntaxException e) {
            throw malformed();
        }
    }

    private static DatabaseUrl read(URI uri, Optional<Secret> given) {
        Optional<String> user = Optional.empty();
        Optional<Secret> password = given;
        var login = uri.getRawUserInfo();
        if (login != null) {
            int colon = login.indexOf(':');
            user = Optional.of(decode(colon < 0 ? login : login.substring(0, colon)));
            if (colon >= 0 && given.isEmpty())
                password = Optional.of(new Secret(decode(login.substring(colon + 1))));
        }
        var options = new ArrayList<String>();
        var query = uri.getRawQuery();
        for (var option : query == null ? new String[0] : query.split("&")) {
            if (option.startsWith("user=")) {
                user = Optional.of(decode(option.substring("user=".length())));
            } else if (option.startsWith("password=")) {
                if (given.isEmpty())
                    password =
                            Optional.of(new Secret(decode(option.substring("password=".length()))));
            } else if (!option.isEmpty()) {
                options.add(option);
            }
        }
        int port = uri.getPort() < 0 ? DEFAULT_PORT : uri.getPort();
        var url = "jdbc:postgresql://" + uri.getHost() + ":" + port + uri.getRawPath();
        if (!options.isEmpty()) url += "?" + String.join("&", options);
        return new DatabaseUrl(url, user, password);
    }

    private static String decode(String text) {
        return URLDecoder.decode(text.replace("+", "%2B"), StandardCharsets.UTF_8);
    }

    private static ConfigException malformed() {
        return new ConfigException(
                "DATABASE_URL: not usable (expected: postgres://user@host:port/name)");
    }
}
