package dev.wrenn.control.notify;

import dev.wrenn.control.domain.accounts.Mail;
import dev.wrenn.control.domain.channels.Courier;
import dev.wrenn.control.domain.channels.Delivered;
import dev.wrenn.control.domain.channels.Provider;
import java.io.IOException;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.Optional;

/// Takes what goes to `mailto:` to where mails go, and all else to another courier. Thread-safe.
public final class MailCourier implements Courier {
    private static final String MAILTO = "mailto";
    private static final int ACCEPTED = 250; // RFC 5321, 4.2.3

    private final MailSink mails;
    private final Courier others;

    public MailCourier(MailSink mails, Courier others) {
        this.mails = mails;
        this.others = others;
    }

    @Override
    public Delivered deliver(Provider.Request request) {
        if (!MAILTO.equals(request.url().getScheme())) return others.deliver(request);
        var address =
                URLDecoder.decode(request.url().getRawSchemeSpecificPart(), StandardCharsets.UTF_8);
        var subject = request.headers().getOrDefault("Subject", "");
        try {
            mails.deliver(new Mail(address, subject, request.body()));
            return new Delivered.Done(ACCEPTED);
        } catch (IOException e) {
            return new Delivered.Later("the mail did not go", Optional.empty(), Optional.empty());
        }
    }
}
