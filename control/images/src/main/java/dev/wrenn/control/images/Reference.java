package dev.wrenn.control.images;

import java.net.URI;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Pattern;

/// The name of an image in a registry: `[host[:port]/]path[:tag][@sha256:…]`. Without a host it is
/// one of Docker Hub, as everywhere. One that begins with `http://` is asked for without TLS, which
/// the rules for servers of others must allow.
///
/// @param host with the port, if one was said
/// @param path of the image in the registry
/// @param tag or the digest, when both were said the digest
record Reference(boolean plain, String host, String path, String tag) {
    private static final Pattern FORM =
            Pattern.compile(
                    "(?:(?<host>[A-Za-z0-9][A-Za-z0-9.-]{0,252}(?::[0-9]{1,5})?)/)?"
                            + "(?<path>[a-z0-9]+(?:[._-]+[a-z0-9]+)*"
                            + "(?:/[a-z0-9]+(?:[._-]+[a-z0-9]+)*)*)"
                            + "(?::(?<tag>[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}))?"
                            + "(?:@(?<digest>sha256:[0-9a-f]{64}))?");
    private static final int LONGEST = 512;
    private static final String PLAIN = "http://";
    private static final String HUB = "docker.io";
    private static final String HUB_HOST = "registry-1.docker.io";

    /// @return empty for what is no name of an image
    static Optional<Reference> parse(String text) {
        if (text.length() > LONGEST) return Optional.empty();
        boolean plain = text.startsWith(PLAIN);
        var form = FORM.matcher(plain ? text.substring(PLAIN.length()) : text);
        if (!form.matches()) return Optional.empty();
        var host = form.group("host");
        var path = form.group("path");
        // What looks like no host is part of a path: `library/redis`.
        boolean real =
                host != null
                        && (host.contains(".") || host.contains(":") || host.equals("localhost"));
        if (host != null && !real) path = host + "/" + path;
        if (!real || host.equals(HUB)) {
            host = HUB_HOST;
            if (!path.contains("/")) path = "library/" + path;
        }
        if (plain && !real || !path.equals(path.toLowerCase(Locale.ROOT))) return Optional.empty();
        var digest = form.group("digest");
        var tag = form.group("tag");
        return Optional.of(
                new Reference(
                        plain, host, path, digest != null ? digest : tag != null ? tag : "latest"));
    }

    URI manifest(String which) {
        return at("manifests/" + which);
    }

    URI blob(String digest) {
        return at("blobs/" + digest);
    }

    private URI at(String what) {
        var scheme = plain ? "http" : "https";
        return URI.create(scheme + "://" + host + "/v2/" + path + "/" + what);
    }
}
