package dev.wrenn.control.api;

import dev.wrenn.common.runtime.Build;
import dev.wrenn.common.runtime.Metrics;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;

/// Routes for operators and readers: health, readiness, metrics, the contract and its page.
final class SystemRoutes {
    private static final Access ANYBODY = new Access.Public();

    private final Readiness readiness;
    private final Metrics metrics;
    private final String contract = Contract.yaml();
    private final FutureTask<String> page =
            new FutureTask<>(() -> DocsPage.render(Contract.parse()));

    SystemRoutes(Readiness readiness, Metrics metrics) {
        this.readiness = readiness;
        this.metrics = metrics;
    }

    List<Route> routes() {
        return List.of(
                new Route("GET", "/health", ANYBODY, _ -> health()),
                new Route("GET", "/ready", ANYBODY, _ -> ready()),
                new Route("GET", "/metrics", ANYBODY, _ -> scrape()),
                new Route(
                        "GET",
                        "/openapi.yaml",
                        ANYBODY,
                        _ -> Reply.text(200, "application/yaml", contract)),
                new Route(
                        "GET",
                        "/docs",
                        ANYBODY,
                        _ -> Reply.text(200, "text/html; charset=utf-8", page())));
    }

    /// Rendered for its first reader: to read the contract takes longer than all else at a start.
    private String page() throws InterruptedException {
        page.run(); // for others than the first, nothing
        try {
            return page.get();
        } catch (ExecutionException e) {
            throw new IllegalStateException("the contract of this build cannot be shown", e);
        }
    }

    /// 200 while the process serves.
    private static Reply health() {
        return Reply.ok(Map.of("status", "ok", "version", Build.VERSION));
    }

    /// 200; 503 with the reasons.
    private Reply ready() {
        var problems = readiness.problems();
        if (problems.isEmpty()) return Reply.ok(Map.of("status", "ready"));
        return Reply.json(
                503,
                Map.of(
                        "status",
                        "not_ready",
                        "reasons",
                        problems,
                        "error",
                        Map.of("code", "unavailable", "message", String.join("; ", problems))));
    }

    private Reply scrape() {
        return Reply.text(200, Metrics.CONTENT_TYPE, metrics.scrape());
    }
}
