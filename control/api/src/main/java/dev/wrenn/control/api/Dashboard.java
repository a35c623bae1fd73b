package dev.wrenn.control.api;

import java.nio.file.Path;
import java.util.List;
import org.eclipse.jetty.http.CompressedContentFormat;
import org.eclipse.jetty.http.HttpHeader;
import org.eclipse.jetty.http.HttpMethod;
import org.eclipse.jetty.http.HttpURI;
import org.eclipse.jetty.server.Handler;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.Response;
import org.eclipse.jetty.server.handler.ResourceHandler;
import org.eclipse.jetty.util.Callback;
import org.eclipse.jetty.util.resource.Resource;
import org.eclipse.jetty.util.resource.ResourceFactory;

/// The pages for people: files that were built beforehand, with their compressed forms beside them.
/// What a browser asks for as a page and is no file is the one page, which finds out itself what to
/// show. Whatever belongs to the API passes by untouched.
final class Dashboard extends Handler.Wrapper {
    private static final String PAGE = "/index.html";

    /// Their names hold a hash of their content.
    private static final String ASSETS = "/assets/";

    private static final List<String> OTHERS =
            List.of("/v1/", "/api/", "/auth/oauth/", "/health", "/ready", "/metrics", "/docs");

    /// Scripts come from files only. Styles may stand in the page: the terminal writes the rules
    /// for its colours and cell size while it runs.
    private static final String POLICY =
            String.join(
                    "; ",
                    "default-src 'none'",
                    "script-src 'self'",
                    "style-src 'self' 'unsafe-inline'",
                    "img-src 'self' data: blob:",
                    "font-src 'self'",
                    "connect-src 'self'",
                    "manifest-src 'self'",
                    "base-uri 'none'",
                    "form-action 'self'",
                    "frame-ancestors 'none'");

    private final ResourceHandler files;

    private Dashboard(ResourceHandler files) {
        super(files);
        this.files = files;
    }

    /// @param pages directory with `index.html`
    static Dashboard of(Path pages) {
        var files = new ResourceHandler();
        files.setBaseResource(ResourceFactory.of(files).newResource(pages));
        files.setDirAllowed(false);
        files.setEtags(true);
        files.setPrecompressedFormats(CompressedContentFormat.BR, CompressedContentFormat.GZIP);
        return new Dashboard(files);
    }

    @Override
    public boolean handle(Request request, Response response, Callback done) throws Exception {
        var path = Request.getPathInContext(request);
        var api = files.getHandler();
        if (isApi(request.getMethod(), path)) return api.handle(request, response, done);
        if (isPage(request, path)) {
            head(response, "no-cache"); // it names the files of the day
            var page = HttpURI.build(request.getHttpURI()).path(PAGE).query(null).asImmutable();
            return files.handle(Request.serveAs(request, page), response, done);
        }
        if (isFile(path)) {
            boolean named = path.startsWith(ASSETS);
            head(response, named ? "public, max-age=31536000, immutable" : "no-cache");
            return files.handle(request, response, done);
        }
        return api.handle(request, response, done);
    }

    private boolean isFile(String path) {
        Resource found = files.getBaseResource().resolve(path.substring(1));
        return found != null && found.exists() && !found.isDirectory();
    }

    private static boolean isApi(String method, String path) {
        if (!HttpMethod.GET.is(method) && !HttpMethod.HEAD.is(method)) return true;
        if (path.equals("/openapi.yaml") || path.contains("//")) return true;
        return OTHERS.stream().anyMatch(path::startsWith);
    }

    /// A place in the dashboard has no dot in its last part, and only browsers ask for HTML.
    private static boolean isPage(Request request, String path) {
        if (path.equals(PAGE)) return true;
        if (path.indexOf('.', path.lastIndexOf('/')) >= 0 || path.startsWith(ASSETS)) return false;
        var accept = request.getHeaders().get(HttpHeader.ACCEPT);
        return accept != null && accept.contains("text/html");
    }

    private static void head(Response response, String cache) {
        var headers = response.getHeaders();
        headers.put(HttpHeader.CACHE_CONTROL, cache);
        headers.put("Content-Security-Policy", POLICY);
        headers.put("X-Content-Type-Options", "nosniff");
        headers.put("X-Frame-Options", "DENY");
        headers.put("Referrer-Policy", "no-referrer");
        headers.put("Cross-Origin-Opener-Policy", "same-origin");
        headers.put("Permissions-Policy", "camera=(), microphone=(), geolocation=()");
    }
}
