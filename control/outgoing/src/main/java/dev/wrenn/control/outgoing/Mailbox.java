package dev.wrenn.control.outgoing;

import dev.wrenn.control.domain.accounts.Email;
import dev.wrenn.control.domain.channels.Message;
import dev.wrenn.control.domain.channels.Provider;
import java.net.URI;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/// Mails to one address. Its requests are for a courier that knows `mailto:` (RFC 6068); the body
/// is plain text.
record Mailbox() implements Provider {
    static final String SUBJECT = "Subject";
    private static final String ADDRESS = "address";

    @Override
    public String wire() {
        return "email";
    }

    @Override
    public Set<String> required() {
        return Set.of(ADDRESS);
    }

    @Override
    public Optional<String> problem(Map<String, String> config) {
        return Email.parse(config.getOrDefault(ADDRESS, "")).isPresent()
                ? Optional.empty()
                : Optional.of("address: expected an e-mail address");
    }

    @Override
    public Request request(Map<String, String> config, Message message) {
        var address = URLEncoder.encode(config.getOrDefault(ADDRESS, ""), StandardCharsets.UTF_8);
        return new Request(
                "MAIL",
                URI.create("mailto:" + address.replace("+", "%20")),
                Map.of(SUBJECT, message.title()),
                message.text());
    }
}
