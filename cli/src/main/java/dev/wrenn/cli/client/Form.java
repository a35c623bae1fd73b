package dev.wrenn.cli.client;

import dev.wrenn.cli.CommandFailure;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.SequenceInputStream;
import java.net.http.HttpRequest.BodyPublishers;
import java.nio.charset.StandardCharsets;
import java.util.Collections;
import java.util.List;
import java.util.UUID;
import tools.jackson.databind.JsonNode;

/// Forms of a part `config`, which is JSON, and a part `archive`.
final class Form {
    private Form() {}

    /// Opens what is sent.
    interface Content {
        InputStream open() throws IOException;
    }

    static Api.Answer send(Api api, String route, JsonNode config, Content archive) {
        var edge = "wrenn-" + UUID.randomUUID();
        return api.postAs(
                route,
                "multipart/form-data; boundary=" + edge,
                BodyPublishers.ofInputStream(() -> form(edge, config, archive)));
    }

    private static InputStream form(String edge, JsonNode config, Content archive) {
        var head = "--" + edge + "\r\nContent-Disposition: form-data; name=\"";
        try {
            return new SequenceInputStream(
                    Collections.enumeration(
                            List.of(
                                    bytes(head + "config\"\r\n\r\n" + config + "\r\n"),
                                    bytes(head + "archive\"; filename=\"archive\"\r\n\r\n"),
                                    archive.open(),
                                    bytes("\r\n--" + edge + "--\r\n"))));
        } catch (IOException e) {
            throw new CommandFailure("cannot read the archive: " + e.getMessage(), e);
        }
    }

    private static InputStream bytes(String text) {
        return new ByteArrayInputStream(text.getBytes(StandardCharsets.UTF_8));
    }
}
