package dev.wrenn.control.domain.accounts;

/// Sends mails. Best effort: neither waits nor fails. Thread-safe.
public interface Mailer {
    void send(Mail mail);
}
