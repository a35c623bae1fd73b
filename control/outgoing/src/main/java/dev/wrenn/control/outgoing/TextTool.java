package dev.wrenn.control.outgoing;

import dev.wrenn.control.domain.channels.Message;
import dev.wrenn.control.domain.channels.Provider;
import java.net.URI;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;
import java.util.regex.Pattern;
import tools.jackson.databind.json.JsonMapper;

/// Chats that take a text at an address of their own: Discord, Slack, Teams, Google Chat.
enum TextTool implements Provider {
    DISCORD(
            "discord",
            url ->
                    Set.of("discord.com", "discordapp.com").contains(url.getHost())
                            && matches("/api/webhooks/[0-9]+/[A-Za-z0-9_-]+", url.getPath()),
            "https://discord.com/api/webhooks/ID/TOKEN") {
        @Override
        Map<String, Object> body(Message message) {
            return one("content", message.text());
        }
    },
    SLACK(
            "slack",
            url ->
                    "hooks.slack.com".equals(url.getHost())
                            && matches(
                                    "/services/[A-Za-z0-9]+/[A-Za-z0-9]+/[A-Za-z0-9]+",
                                    url.getPath()),
            "https://hooks.slack.com/services/T/B/X") {
        @Override
        Map<String, Object> body(Message message) {
            return one("text", message.text());
        }
    },
    TEAMS(
            "teams",
            url ->
                    Pattern.compile(
                                    "/GUID@GUID/[^/]+/[0-9a-fA-F]{32}/GUID"
                                            .replace("GUID", Guid.PATTERN))
                            .matcher(url.getPath())
                            .find(),
            "an address of an incoming webhook") {
        @Override
        Map<String, Object> body(Message message) {
            var card = new LinkedHashMap<String, Object>();
            card.put("@type", "MessageCard");
            card.put("@context", "http://schema.org/extensions");
            card.put("summary", message.title());
            card.put("text", message.text());
            return card;
        }
    },
    GOOGLE_CHAT(
            "googlechat",
            url -> "chat.googleapis.com".equals(url.getHost()),
            "https://chat.googleapis.com/…") {
        @Override
        Map<String, Object> body(Message message) {
            return one("text", message.text());
        }
    };

    private static final class Guid {
        static final String PATTERN =
                "[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}";
    }

    private final String wire;
    private final Predicate<URI> good;
    private final String expected;

    TextTool(String wire, Predicate<URI> good, String expected) {
        this.wire = wire;
        this.good = good;
        this.expected = expected;
    }

    private static boolean matches(String pattern, String text) {
        return Pattern.matches(pattern, text);
    }

    private static Map<String, Object> one(String name, String value) {
        var body = new LinkedHashMap<String, Object>();
        body.put(name, value);
        return body;
    }

    abstract Map<String, Object> body(Message message);

    @Override
    public String wire() {
        return wire;
    }

    @Override
    public Set<String> required() {
        return Set.of(ChatUrl.KEY);
    }

    @Override
    public Optional<String> problem(Map<String, String> config) {
        return ChatUrl.problem(config.getOrDefault(ChatUrl.KEY, ""), good, expected);
    }

    @Override
    public Request request(Map<String, String> config, Message message) {
        return new Request(
                "POST",
                URI.create(config.getOrDefault(ChatUrl.KEY, "")),
                Map.of(),
                JsonMapper.shared().writeValueAsString(body(message)));
    }
}
