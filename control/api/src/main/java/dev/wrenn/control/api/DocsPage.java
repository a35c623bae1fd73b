package dev.wrenn.control.api;

import tools.jackson.databind.JsonNode;

/// The contract as one HTML page that loads nothing from elsewhere.
final class DocsPage {
    private static final String STYLE =
            """
            body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;
            color:#1b1f24;background:#fff}h1{margin-bottom:0}h2{margin-top:2.5rem;font-size:1.1rem}
            code,pre{font:14px/1.4 ui-monospace,monospace}pre{background:#f5f6f8;padding:.8rem;
            overflow:auto;border-radius:6px}table{border-collapse:collapse;width:100%}
            td{border-top:1px solid #e3e6ea;padding:.3rem .6rem .3rem 0;vertical-align:top}
            .m{display:inline-block;min-width:4.5rem;font-weight:600}
            @media(prefers-color-scheme:dark){body{color:#e6e8eb;background:#15181c}
            pre{background:#1e2328}td{border-color:#2c3238}}
            """;

    private DocsPage() {}

    static String render(JsonNode contract) {
        var page = new StringBuilder();
        var info = contract.path("info");
        page.append("<!doctype html><html lang=\"en\"><meta charset=\"utf-8\">");
        page.append("<meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">");
        page.append("<title>").append(text(info.path("title"))).append("</title>");
        page.append("<style>").append(STYLE).append("</style>");
        page.append("<h1>").append(text(info.path("title"))).append("</h1>");
        page.append("<p>").append(text(info.path("description"))).append("</p>");
        page.append("<p><a href=\"openapi.yaml\">openapi.yaml</a></p>");
        for (var path : contract.path("paths").properties())
            for (var operation : path.getValue().properties())
                if (operation.getValue().has("responses"))
                    operation(
                            page,
                            contract,
                            path.getKey(),
                            operation.getKey(),
                            operation.getValue());
        page.append("<h1>Schemas</h1>");
        for (var schema : contract.path("components").path("schemas").properties()) {
            page.append("<h2 id=\"").append(escape(schema.getKey())).append("\">");
            page.append(escape(schema.getKey())).append("</h2><pre>");
            page.append(escape(schema.getValue().toPrettyString())).append("</pre>");
        }
        return page.append("</html>\n").toString();
    }

    private static void operation(
            StringBuilder page, JsonNode contract, String path, String method, JsonNode operation) {
        page.append("<h2><code><span class=\"m\">");
        page.append(escape(method.toUpperCase(java.util.Locale.ROOT))).append("</span>");
        page.append(escape(path)).append("</code></h2>");
        page.append("<p>").append(text(operation.path("summary"))).append("</p>");
        var description = text(operation.path("description"));
        if (!description.isEmpty()) page.append("<p>").append(description).append("</p>");
        var body = operation.path("requestBody").path("content").path("application/json");
        if (body.has("schema")) page.append("<p>Body: ").append(schema(body)).append("</p>");
        page.append("<table>");
        for (var response : operation.path("responses").properties()) {
            var answer = resolve(contract, response.getValue());
            page.append("<tr><td>").append(escape(response.getKey())).append("</td><td>");
            page.append(text(answer.path("description"))).append("</td><td>");
            var json = answer.path("content").path("application/json");
            if (json.has("schema")) page.append(schema(json));
            page.append("</td></tr>");
        }
        page.append("</table>");
    }

    private static JsonNode resolve(JsonNode contract, JsonNode node) {
        var reference = node.path("$ref");
        return reference.isString() ? contract.at(reference.stringValue().substring(1)) : node;
    }

    private static String schema(JsonNode content) {
        var schema = content.path("schema");
        var array = schema.path("items").path("$ref");
        var reference = array.isString() ? array : schema.path("$ref");
        if (!reference.isString()) return "<code>" + escape(schema.toString()) + "</code>";
        var name = reference.stringValue().substring("#/components/schemas/".length());
        var link = "<a href=\"#" + escape(name) + "\">" + escape(name) + "</a>";
        return array.isString() ? "array of " + link : link;
    }

    private static String text(JsonNode node) {
        return escape(node.isString() ? node.stringValue() : "");
    }

    private static String escape(String text) {
        return text.replace("&", "&amp;")
                .replace("<", "&lt;")
                .replace(">", "&gt;")
                .replace("\"", "&quot;");
    }
}
