package dev.wrenn.control.api;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/// One route under its canonical path. It is served under `/api` as well, and what begins with
/// `/v1/capsules` also under the older `/v1/sandboxes`.
///
/// @param method `GET` (which answers `HEAD` too), `POST`, `PUT`, `PATCH` or `DELETE`
/// @param path with parameters in braces
record Route(String method, String path, Access access, Handler handler) {
    private static final String CAPSULES = "/v1/capsules";
    private static final String SANDBOXES = "/v1/sandboxes";

    /// Answers a call.
    interface Handler {
        Reply handle(Call call) throws Exception;
    }

    Route {
        java.util.Objects.requireNonNull(access, () -> path + ": who may call it?");
    }

    /// The same of the platform's own team, by its administrators.
    Route ofPlatform() {
        return new Route(
                method,
                platformPath(path),
                new Access.PlatformAdmin(),
                call -> handler.handle(call.forPlatform()));
    }

    static String platformPath(String path) {
        return "/v1/admin" + path.substring("/v1".length());
    }

    /// The parameter that the path names last.
    Optional<String> lastParameter() {
        int end = path.lastIndexOf('}');
        if (end < 0) return Optional.empty();
        return Optional.of(path.substring(path.lastIndexOf('{') + 1, end));
    }

    /// Every path it is served under.
    List<String> paths() {
        return aliases(path);
    }

    static List<String> aliases(String path) {
        var all = new ArrayList<String>();
        all.add(path);
        if (path.startsWith(CAPSULES)) all.add(SANDBOXES + path.substring(CAPSULES.length()));
        for (var known : List.copyOf(all)) all.add("/api" + known);
        return all;
    }
}
