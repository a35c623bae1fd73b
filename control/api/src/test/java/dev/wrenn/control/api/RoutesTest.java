package dev.wrenn.control.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.wrenn.common.runtime.Metrics;
import dev.wrenn.control.domain.capsules.CapsuleLimits;
import java.util.List;
import java.util.Locale;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

class RoutesTest {
    private static final List<Route> ROUTES =
            ApiServer.routes(
                    null,
                    null,
                    null,
                    null,
                    new MetricRoutes(null),
                    null,
                    null,
                    new NetworkRoutes(null),
                    new BuildRoutes(null, null, null, CapsuleLimits.DEFAULT),
                    new ImportRoutes(null, CapsuleLimits.DEFAULT),
                    new Identity(
                            null,
                            null,
                            null,
                            null,
                            null,
                            null,
                            null,
                            null,
                            null,
                            null,
                            null,
                            null,
                            null,
                            CapsuleLimits.DEFAULT,
                            AttemptLimits.DEFAULT,
                            false),
                    new Hosts(null, null, null, null),
                    new LiveEvents(null, null),
                    new Sockets(null, null, null, TerminalTimes.DEFAULT),
                    new PortRoutes(null, null, null),
                    List::of,
                    new Metrics());

    @Test
    void contractAndServerHaveTheSameRoutes() {
        var served = new TreeSet<String>();
        for (var route : ROUTES) served.add(route.method() + " " + route.path());
        var described = new TreeSet<String>();
        for (var path : Contract.parse().path("paths").properties())
            for (var operation : path.getValue().properties())
                if (operation.getValue().has("responses"))
                    described.add(
                            operation.getKey().toUpperCase(Locale.ROOT) + " " + path.getKey());
        assertThat(served).isEqualTo(described);
    }

    @Test
    void theContractSaysWhoMayCall() {
        for (var route : ROUTES) {
            var name = route.method() + " " + route.path();
            var operation =
                    Contract.parse()
                            .path("paths")
                            .path(route.path())
                            .path(route.method().toLowerCase(Locale.ROOT));
            assertThat(operation.path("x-access").asString("")).as(name).isEqualTo(words(route));
            var security = operation.path("security");
            if (route.access() instanceof Access.Public) assertThat(security).as(name).isEmpty();
            assertThat(operation.has("security"))
                    .as(name + ": without security of its own it takes keys")
                    .isEqualTo(!route.access().takesKeys());
            for (var scheme : security) assertThat(scheme.has("apiKey")).as(name).isFalse();
        }
    }

    private static String words(Route route) {
        return route.access().words();
    }

    @Test
    void aRouteWithoutAccessDoesNotStart() {
        assertThatThrownBy(() -> new Route("GET", "/x", null, _ -> Reply.noContent()))
                .hasMessageContaining("/x");
    }

    @Test
    void everyRouteThatEndsSomethingIsWatchedForRefusals() {
        for (var route : ROUTES)
            if (route.method().equals("DELETE"))
                assertThat(Refusals.ENDS).containsKey(route.path());
    }

    @Test
    void aliases() {
        assertThat(Route.aliases("/v1/capsules/{id}"))
                .containsExactly(
                        "/v1/capsules/{id}",
                        "/v1/sandboxes/{id}",
                        "/api/v1/capsules/{id}",
                        "/api/v1/sandboxes/{id}");
        assertThat(Route.aliases("/health")).containsExactly("/health", "/api/health");
    }

    @Test
    void thePageNamesEveryRouteAndLoadsNothing() {
        var page = DocsPage.render(Contract.parse());
        for (var route : ROUTES) assertThat(page).contains(route.path());
        assertThat(page).doesNotContain("<script").doesNotContain("src=").doesNotContain("http://");
    }
}
