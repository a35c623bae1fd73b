package dev.wrenn.control.outgoing;

import dev.wrenn.control.domain.channels.Message;
import dev.wrenn.control.domain.channels.Provider;
import java.net.URI;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;
import tools.jackson.databind.json.JsonMapper;

/// A room of Matrix. The transaction is the delivery: the server takes it once, however often it is
/// tried.
record Matrix() implements Provider {
    private static final Pattern ROOM = Pattern.compile("![^\\s/]{1,250}");
    private static final Pattern TOKEN = Pattern.compile("[\\x21-\\x7e]+");

    @Override
    public String wire() {
        return "matrix";
    }

    @Override
    public Set<String> required() {
        return Set.of("homeserver_url", "access_token", "room_id");
    }

    @Override
    public Optional<String> problem(Map<String, String> config) {
        var server = ChatUrl.https(config.getOrDefault("homeserver_url", ""));
        if (server.isEmpty() || server.get().getRawQuery() != null)
            return Optional.of("homeserver_url: expected https://HOST");
        if (!TOKEN.matcher(config.getOrDefault("access_token", "")).matches())
            return Optional.of("access_token: not usable");
        if (!ROOM.matcher(config.getOrDefault("room_id", "")).matches())
            return Optional.of("room_id: expected !ROOM:SERVER");
        return Optional.empty();
    }

    @Override
    public Request request(Map<String, String> config, Message message) {
        var room =
                URLEncoder.encode(config.getOrDefault("room_id", ""), StandardCharsets.UTF_8)
                        .replace("+", "%20");
        var body = new LinkedHashMap<String, Object>();
        body.put("msgtype", "m.text");
        body.put("body", message.text());
        return new Request(
                "PUT",
                URI.create(
                        config.getOrDefault("homeserver_url", "").replaceFirst("/+$", "")
                                + "/_matrix/client/v3/rooms/"
                                + room
                                + "/send/m.room.message/"
                                + message.delivery()),
                Map.of("Authorization", "Bearer " + config.getOrDefault("access_token", "")),
                JsonMapper.shared().writeValueAsString(body));
    }
}
