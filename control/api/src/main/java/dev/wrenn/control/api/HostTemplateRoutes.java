package dev.wrenn.control.api;

import dev.wrenn.common.model.TemplateId;
import dev.wrenn.control.domain.images.TemplateChunks;
import java.util.List;
import java.util.Optional;
import java.util.UUID;

/// `/v1/hosts/{id}/templates`: what agents take of the templates that their hosts were told to
/// take.
final class HostTemplateRoutes {
    private static final String TEMPLATE = "/v1/hosts/{id}/templates/{template}";

    private final TemplateChunks chunks;

    HostTemplateRoutes(TemplateChunks chunks) {
        this.chunks = chunks;
    }

    List<Route> routes() {
        var agent = new Access.HostAgent();
        return List.of(
                new Route("GET", TEMPLATE + "/outline", agent, this::outline),
                new Route("GET", TEMPLATE + "/chunks/{sum}", agent, this::chunk));
    }

    /// 200; 404 when the host was not told to take it.
    private Reply outline(Call call) {
        var who = call.agent();
        return bytes("text/plain", chunks.outline(template(call), who.host(), who.refresh()));
    }

    /// 200; 404 when the host was not told to take it, or it has no such chunk.
    private Reply chunk(Call call) {
        var who = call.agent();
        var sum = call.path("sum");
        return bytes(
                "application/octet-stream",
                chunks.chunk(template(call), sum, who.host(), who.refresh()));
    }

    private static Reply bytes(String type, Optional<byte[]> found) {
        return found.<Reply>map(bytes -> new Reply.Whole(200, type, bytes))
                .orElseThrow(HostTemplateRoutes::none);
    }

    private static TemplateId template(Call call) {
        try {
            return new TemplateId(UUID.fromString(call.path("template")));
        } catch (IllegalArgumentException e) {
            throw none();
        }
    }

    private static ApiException none() {
        return new ApiException(404, "not_found", "nothing that this host was told to take");
    }
}
