package dev.wrenn.control.notify;

import dev.wrenn.common.runtime.AtomicFiles;
import dev.wrenn.control.domain.accounts.Mail;
import jakarta.mail.MessagingException;
import jakarta.mail.Session;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Properties;
import java.util.UUID;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Mails as files of mode 0600 in a private directory: for installations without a mail server,
/// where the operator reads them. The log names the file only. Thread-safe.
public final class FileSink implements MailSink {
    private static final Logger LOG = LoggerFactory.getLogger(FileSink.class);

    private final Path directory;
    private final String from;
    private final Session session = Session.getInstance(new Properties());

    public FileSink(Path directory, String from) {
        this.directory = directory;
        this.from = from;
    }

    @Override
    public void deliver(Mail mail) throws IOException {
        Files.createDirectories(
                directory,
                PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
        var bytes = new ByteArrayOutputStream();
        try {
            Messages.of(session, from, mail).writeTo(bytes);
        } catch (MessagingException e) {
            throw new IOException("mail: " + e.getClass().getSimpleName(), e);
        }
        var file = directory.resolve(System.currentTimeMillis() + "-" + UUID.randomUUID() + ".eml");
        AtomicFiles.write(file, bytes.toByteArray());
        LOG.atInfo().addKeyValue("file", file).log("no mail server is set: mail written to a file");
    }
}
