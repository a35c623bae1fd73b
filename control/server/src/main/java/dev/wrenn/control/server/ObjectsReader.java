package dev.wrenn.control.server;

import dev.wrenn.common.runtime.Env;
import dev.wrenn.common.runtime.Env.ConfigException;
import dev.wrenn.control.objects.S3Settings;
import java.net.URI;
import java.net.URISyntaxException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;

/// Reads [ObjectsConfig] from the environment.
final class ObjectsReader {
    private static final String WHERE = "WRENN_CP_OBJECTS";
    private static final String SCHEME = "s3://";
    private static final String ENDPOINT = WHERE + "_ENDPOINT";
    private static final String REGION = WHERE + "_REGION";
    private static final String PATH_STYLE = WHERE + "_PATH_STYLE";
    private static final String KEY_ID = WHERE + "_ACCESS_KEY_ID";
    private static final String SECRET_FILE = WHERE + "_SECRET_KEY_FILE";
    private static final Pattern BUCKET = Pattern.compile("[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]");
    private static final Pattern PREFIX =
            Pattern.compile(
                    "[A-Za-z0-9_-][A-Za-z0-9_.-]{0,99}(/[A-Za-z0-9_-][A-Za-z0-9_.-]{0,99}){0,5}");

    private final Env env;

    ObjectsReader(Env env) {
        this.env = env;
    }

    Optional<ObjectsConfig> read() {
        var where = env.text(WHERE, "");
        if (where.startsWith(SCHEME)) return Optional.of(bucket(where));
        for (var name : List.of(ENDPOINT, REGION, PATH_STYLE, KEY_ID, SECRET_FILE))
            if (env.optional(name).isPresent())
                throw new ConfigException(
                        name + ": is for a bucket, but " + WHERE + " is not s3://BUCKET");
        if (where.isEmpty()) return Optional.empty();
        if (where.startsWith("/")) return Optional.of(new ObjectsConfig.Directory(Path.of(where)));
        throw new ConfigException(
                "%s: %s (expected: the absolute path of a directory, or s3://BUCKET[/PREFIX])"
                        .formatted(WHERE, where));
    }

    private ObjectsConfig bucket(String where) {
        var name = where.substring(SCHEME.length());
        int slash = name.indexOf('/');
        var bucket = slash < 0 ? name : name.substring(0, slash);
        var prefix = slash < 0 ? "" : name.substring(slash + 1).replaceFirst("/$", "");
        if (!BUCKET.matcher(bucket).matches()
                || !(prefix.isEmpty() || PREFIX.matcher(prefix).matches()))
            throw new ConfigException(WHERE + ": " + where + " (expected: s3://BUCKET[/PREFIX])");
        var endpoint = env.optional(ENDPOINT).map(ObjectsReader::address);
        boolean inPath = env.integer(PATH_STYLE, endpoint.isPresent() ? 1 : 0, 0, 1) == 1;
        return new ObjectsConfig.Bucket(
                new S3Settings(bucket, prefix, region(), endpoint, inPath, key()));
    }

    private String region() {
        var region = env.text(REGION, "us-east-1");
        if (region.matches("[A-Za-z0-9-]{1,64}")) return region;
        throw new ConfigException(REGION + ": " + region + " (expected: such as us-east-1)");
    }

    /// The text may hold a password and is not repeated.
    private static URI address(String text) {
        try {
            var uri = new URI(text);
            boolean web = "http".equals(uri.getScheme()) || "https".equals(uri.getScheme());
            boolean more = uri.getRawQuery() != null || uri.getRawFragment() != null;
            if (web && !more && uri.getHost() != null && uri.getRawUserInfo() == null) return uri;
        } catch (URISyntaxException e) {
            // answered below together with what is no address of a store
        }
        throw new ConfigException(ENDPOINT + ": expected: http(s)://HOST[:PORT], without a user");
    }

    private Optional<S3Settings.Key> key() {
        var id = env.optional(KEY_ID);
        var secret = ControlConfig.secret(env, SECRET_FILE.substring("WRENN_".length()));
        if (id.isEmpty() && secret.isEmpty()) return Optional.empty();
        if (id.isEmpty()) throw new ConfigException(KEY_ID + ": not set, but " + SECRET_FILE);
        if (secret.isEmpty()) throw new ConfigException(SECRET_FILE + ": not set, but " + KEY_ID);
        if (secret.get().reveal().isEmpty())
            throw new ConfigException(SECRET_FILE + ": the file is empty");
        return Optional.of(new S3Settings.Key(id.get(), secret.get()));
    }
}
