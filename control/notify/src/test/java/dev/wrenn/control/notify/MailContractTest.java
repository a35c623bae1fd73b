package dev.wrenn.control.notify;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.icegreen.greenmail.util.GreenMail;
import com.icegreen.greenmail.util.ServerSetup;
import dev.wrenn.control.domain.accounts.Mail;
import dev.wrenn.control.domain.channels.Delivered;
import dev.wrenn.control.domain.channels.Provider;
import jakarta.mail.internet.MimeMultipart;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Mails to a real SMTP server of the test, and to files.
class MailContractTest {
    private static final Mail MAIL =
            new Mail(
                    "ada@example.org",
                    "Zwölf <b>",
                    "Hello <Ada>,\n\nhttps://x.org/a?token=1&b=2\n");

    @Test
    void aMailArrivesAsTextAndAsHtml() throws Exception {
        var server = new GreenMail(new ServerSetup(0, "127.0.0.1", ServerSetup.PROTOCOL_SMTP));
        server.start();
        try (var queue = new MailQueue(new SmtpSink(server(server.getSmtp().getPort())))) {
            queue.send(MAIL);
            assertThat(server.waitForIncomingEmail(20_000, 1)).isTrue();
            var received = server.getReceivedMessages()[0];
            assertThat(received.getSubject()).isEqualTo("Zwölf <b>");
            assertThat(received.getFrom()[0]).hasToString("wrenn@example.org");
            var parts = (MimeMultipart) received.getContent();
            assertThat(parts.getBodyPart(0).getContent().toString())
                    .contains("Hello <Ada>,")
                    .contains("https://x.org/a?token=1&b=2");
            assertThat(parts.getBodyPart(1).getContent().toString())
                    .contains("Hello &lt;Ada&gt;,<br>")
                    .contains("href=\"https://x.org/a?token=1&amp;b=2\"");
        } finally {
            server.stop();
        }
    }

    private static SmtpSink.Server server(int port) {
        return new SmtpSink.Server(
                false, "127.0.0.1", port, Optional.empty(), Optional.empty(), "wrenn@example.org");
    }

    @Test
    void aChannelsMailGoesAndOtherRequestsDoNot() throws Exception {
        var request =
                new Provider.Request(
                        "MAIL",
                        URI.create("mailto:a%2Bb%40example.org"),
                        Map.of("Subject", "Capsule x created"),
                        "Event: y");
        var other = new Provider.Request("POST", URI.create("https://x.org"), Map.of(), "");
        var elsewhere = new Delivered.Never("elsewhere", Optional.empty());
        var server = new GreenMail(new ServerSetup(0, "127.0.0.1", ServerSetup.PROTOCOL_SMTP));
        server.start();
        try {
            var sink = new SmtpSink(server(server.getSmtp().getPort()));
            var courier = new MailCourier(sink, _ -> elsewhere);
            assertThat(courier.deliver(request)).isEqualTo(new Delivered.Done(250));
            assertThat(courier.deliver(other)).isEqualTo(elsewhere);
            var received = server.getReceivedMessages()[0];
            assertThat(received.getAllRecipients()[0]).hasToString("a+b@example.org");
            assertThat(received.getSubject()).isEqualTo("Capsule x created");
        } finally {
            server.stop();
        }
        assertThat(new MailCourier(new SmtpSink(server(1)), _ -> elsewhere).deliver(request))
                .isInstanceOf(Delivered.Later.class);
    }

    @Test
    void aServerThatIsNotThereIsToldWithoutTheText() {
        assertThatThrownBy(() -> new SmtpSink(server(1)).deliver(MAIL))
                .isInstanceOf(IOException.class)
                .hasMessageNotContaining("token");
    }

    @Test
    void aFileIsForItsOwnerOnly(@TempDir Path directory) throws Exception {
        var mails = directory.resolve("mail");
        new FileSink(mails, "wrenn@example.org").deliver(MAIL);
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(mails)))
                .isEqualTo("rwx------");
        try (var files = Files.list(mails)) {
            var file = files.findFirst().orElseThrow();
            assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file)))
                    .isEqualTo("rw-------");
            assertThat(Files.readString(file)).contains("ada@example.org").contains("token=");
        }
        assertThat(MAIL.toString()).doesNotContain("token");
    }
}
