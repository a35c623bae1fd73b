package dev.wrenn.control.outgoing;

import dev.wrenn.control.domain.channels.Message;
import dev.wrenn.control.domain.channels.Provider;
import java.net.URI;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;
import tools.jackson.databind.json.JsonMapper;

/// A bot of Telegram.
///
/// @param base of its interface
record Telegram(URI base) implements Provider {
    private static final Pattern TOKEN = Pattern.compile("[0-9]+:[A-Za-z0-9_-]+");
    private static final Pattern CHAT = Pattern.compile("-?[0-9]{1,20}|@[A-Za-z0-9_]{1,64}");

    @Override
    public String wire() {
        return "telegram";
    }

    @Override
    public Set<String> required() {
        return Set.of("bot_token", "chat_id");
    }

    @Override
    public Optional<String> problem(Map<String, String> config) {
        if (!TOKEN.matcher(config.getOrDefault("bot_token", "")).matches())
            return Optional.of("bot_token: expected digits, a colon and letters");
        if (!CHAT.matcher(config.getOrDefault("chat_id", "")).matches())
            return Optional.of("chat_id: expected a number or the name of a channel");
        return Optional.empty();
    }

    @Override
    public Request request(Map<String, String> config, Message message) {
        var body = new LinkedHashMap<String, Object>();
        body.put("chat_id", config.getOrDefault("chat_id", ""));
        body.put("text", message.text());
        return new Request(
                "POST",
                base.resolve("/bot" + config.getOrDefault("bot_token", "") + "/sendMessage"),
                Map.of(),
                JsonMapper.shared().writeValueAsString(body));
    }
}
