package dev.wrenn.control.notify;

import dev.wrenn.common.runtime.Secret;
import dev.wrenn.control.domain.accounts.Mail;
import jakarta.mail.Authenticator;
import jakarta.mail.MessagingException;
import jakarta.mail.PasswordAuthentication;
import jakarta.mail.Session;
import jakarta.mail.Transport;
import java.io.IOException;
import java.util.Optional;
import java.util.Properties;
import org.jspecify.annotations.Nullable;

/// Mails by SMTP. `smtps` begins with TLS; `smtp` takes it up when the server offers it, and
/// insists on it before it shows a password. Thread-safe.
public final class SmtpSink implements MailSink {
    private static final String LIMIT_MS = "10000";

    private final Server server;
    private final Session session;

    /// Where the mails go in.
    ///
    /// @param from the sender's address
    public record Server(
            boolean tls,
            String host,
            int port,
            Optional<String> user,
            Optional<Secret> password,
            String from) {}

    public SmtpSink(Server server) {
        this.server = server;
        boolean login = server.user().isPresent();
        var settings = new Properties();
        var prefix = server.tls() ? "mail.smtps." : "mail.smtp.";
        settings.put("mail.transport.protocol", server.tls() ? "smtps" : "smtp");
        settings.put(prefix + "host", server.host());
        settings.put(prefix + "port", Integer.toString(server.port()));
        settings.put(prefix + "auth", Boolean.toString(login));
        settings.put(prefix + "starttls.enable", "true");
        settings.put(prefix + "starttls.required", Boolean.toString(login && !server.tls()));
        settings.put(prefix + "ssl.checkserveridentity", "true");
        for (var limit : new String[] {"connectiontimeout", "timeout", "writetimeout"})
            settings.put(prefix + limit, LIMIT_MS);
        session = Session.getInstance(settings, login ? new Login(server) : null);
    }

    private static final class Login extends Authenticator {
        private final Server server;

        Login(Server server) {
            this.server = server;
        }

        @Override
        protected @Nullable PasswordAuthentication getPasswordAuthentication() {
            return new PasswordAuthentication(
                    server.user().orElse(""), server.password().map(Secret::reveal).orElse(""));
        }
    }

    @Override
    public void deliver(Mail mail) throws IOException {
        try {
            Transport.send(Messages.of(session, server.from(), mail));
        } catch (MessagingException e) {
            throw new IOException("SMTP: " + e.getClass().getSimpleName(), e);
        }
    }
}
