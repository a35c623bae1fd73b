package dev.wrenn.control.notify;

import dev.wrenn.control.domain.accounts.Mail;
import jakarta.mail.Message;
import jakarta.mail.MessagingException;
import jakarta.mail.Session;
import jakarta.mail.internet.InternetAddress;
import jakarta.mail.internet.MimeBodyPart;
import jakarta.mail.internet.MimeMessage;
import jakarta.mail.internet.MimeMultipart;
import java.util.Date;
import java.util.regex.Pattern;

/// Mails in their form on the wire: plain text, and the same as HTML.
final class Messages {
    private static final String UTF_8 = "UTF-8";
    private static final Pattern ADDRESS = Pattern.compile("https?://\\S+");

    private Messages() {}

    static MimeMessage of(Session session, String from, Mail mail) throws MessagingException {
        var message = new MimeMessage(session);
        message.setFrom(new InternetAddress(from, true));
        message.setRecipient(Message.RecipientType.TO, new InternetAddress(mail.to(), false));
        message.setSubject(mail.subject(), UTF_8);
        message.setSentDate(new Date());
        var plain = new MimeBodyPart();
        plain.setText(mail.text(), UTF_8);
        var html = new MimeBodyPart();
        html.setText(html(mail.text()), UTF_8, "html");
        message.setContent(new MimeMultipart("alternative", plain, html));
        message.saveChanges();
        return message;
    }

    static String html(String text) {
        var safe =
                text.replace("&", "&amp;")
                        .replace("<", "&lt;")
                        .replace(">", "&gt;")
                        .replace("\"", "&quot;");
        var linked = ADDRESS.matcher(safe).replaceAll("<a href=\"$0\">$0</a>");
        return "<!doctype html><p>" + linked.strip().replace("\n", "<br>\n") + "</p>\n";
    }
}
