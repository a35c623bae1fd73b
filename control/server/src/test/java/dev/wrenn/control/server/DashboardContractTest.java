package dev.wrenn.control.server;

import static org.assertj.core.api.Assertions.assertThat;

import dev.wrenn.common.testing.PostgresFixture;
import dev.wrenn.common.testing.RedisFixture;
import java.net.URI;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// The pages are served beside the API, and only where the API has nothing.
class DashboardContractTest {
    @RegisterExtension static final PostgresFixture POSTGRES = new PostgresFixture();
    @RegisterExtension static final RedisFixture REDIS = new RedisFixture();

    private static final String BROWSER = "text/html,application/xhtml+xml,*/*;q=0.8";

    private static Stack stack;
    private static Control control;

    @BeforeAll
    static void start(@TempDir Path pages) throws Exception {
        Files.createDirectory(pages.resolve("assets"));
        Files.writeString(pages.resolve("index.html"), "<!doctype html><title>Wrenn</title>");
        Files.writeString(pages.resolve("favicon.svg"), "<svg/>");
        Files.writeString(pages.resolve("assets/main-1a2b.js"), "plain");
        Files.writeString(pages.resolve("assets/main-1a2b.js.br"), "brotli");
        Files.writeString(pages.resolve("assets/main-1a2b.js.gz"), "gzip");
        Files.writeString(pages.resolveSibling("secret.txt"), "secret");
        stack = new Stack(POSTGRES, REDIS);
        stack.dashboard = Optional.of(pages);
        control = stack.control();
    }

    @AfterAll
    static void stop() throws Exception {
        control.close();
        stack.close();
    }

    private static HttpResponse<String> get(String path, String... headers) throws Exception {
        return send("GET", path, headers);
    }

    private static HttpResponse<String> send(String method, String path, String... headers)
            throws Exception {
        var request =
                HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + control.port() + path))
                        .method(method, HttpRequest.BodyPublishers.noBody());
        if (headers.length > 0) request.headers(headers);
        return ApiProbe.HTTP.send(request.build(), HttpResponse.BodyHandlers.ofString());
    }

    private static String header(HttpResponse<?> answer, String name) {
        return answer.headers().firstValue(name).orElse("");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "/",
                "/login",
                "/dashboard/capsules/cl-eh20m2rvgvw6snhr754ezwsqh?tab=files",
                "/auth/github/callback?error=access_denied"
            })
    void everyPlaceIsTheOnePage(String path) throws Exception {
        var answer = get(path, "Accept", BROWSER);
        assertThat(answer.statusCode()).isEqualTo(200);
        assertThat(answer.body()).contains("<title>Wrenn</title>");
        assertThat(header(answer, "Content-Type")).startsWith("text/html");
        assertThat(header(answer, "Cache-Control")).isEqualTo("no-cache");
        assertThat(header(answer, "Content-Security-Policy"))
                .contains("default-src 'none'", "script-src 'self';", "frame-ancestors 'none'")
                .doesNotContain("script-src 'self' 'unsafe-inline'")
                .doesNotContain("unsafe-eval");
        assertThat(header(answer, "X-Content-Type-Options")).isEqualTo("nosniff");
        assertThat(header(answer, "X-Frame-Options")).isEqualTo("DENY");
        assertThat(header(answer, "Referrer-Policy")).isEqualTo("no-referrer");
    }

    @Test
    void hashedFilesStayForAYearAndComeCompressed() throws Exception {
        var plain = get("/assets/main-1a2b.js");
        assertThat(plain.body()).isEqualTo("plain");
        assertThat(header(plain, "Content-Type")).startsWith("text/javascript");
        assertThat(header(plain, "Cache-Control")).isEqualTo("public, max-age=31536000, immutable");
        var small = get("/assets/main-1a2b.js", "Accept-Encoding", "gzip, deflate, br");
        assertThat(small.body()).isEqualTo("brotli");
        assertThat(header(small, "Content-Encoding")).isEqualTo("br");
        assertThat(header(small, "Vary")).containsIgnoringCase("accept-encoding");
        assertThat(get("/assets/main-1a2b.js", "Accept-Encoding", "gzip").body()).isEqualTo("gzip");
    }

    @Test
    void aKnownPageIsNotSentAgain() throws Exception {
        var tag = header(get("/", "Accept", BROWSER), "ETag");
        assertThat(tag).isNotEmpty();
        assertThat(get("/", "Accept", BROWSER, "If-None-Match", tag).statusCode()).isEqualTo(304);
        assertThat(send("HEAD", "/login", "Accept", BROWSER).statusCode()).isEqualTo(200);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "/v1/nothing",
                "/api/v1/nothing",
                "/assets/main-0000.js",
                "/assets/",
                "/nothing.txt",
                "/../secret.txt",
                "/%2e%2e/secret.txt",
                "/assets/..%2f..%2fsecret.txt"
            })
    void whatIsNoPageIsRefusedAsTheApiDoes(String path) throws Exception {
        var answer = get(path, "Accept", BROWSER);
        assertThat(answer.statusCode()).isIn(400, 404);
        assertThat(answer.body()).doesNotContain("secret").doesNotContain("<title>");
    }

    @Test
    void theApiIsAsItWas() throws Exception {
        assertThat(get("/health", "Accept", BROWSER).body()).contains("\"ok\"");
        assertThat(get("/v1/capsules", "Accept", BROWSER).statusCode()).isEqualTo(401);
        assertThat(get("/v1/auth/login", "Accept", BROWSER).statusCode()).isEqualTo(405);
        assertThat(get("/docs", "Accept", BROWSER).body()).contains("Wrenn API");
        assertThat(send("POST", "/login").statusCode()).isEqualTo(404);
        // A program that asks for a wrong path must not take a page for its answer.
        assertThat(get("/dashboard", "Accept", "application/json").statusCode()).isEqualTo(404);
    }
}
