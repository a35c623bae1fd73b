package dev.wrenn.control.notify;

import dev.wrenn.control.domain.accounts.Mail;
import java.io.IOException;

/// Where mails go.
public interface MailSink {
    /// @throws IOException when it did not go; the message holds nothing of the mail's text
    void deliver(Mail mail) throws IOException;
}
