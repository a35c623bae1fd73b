package dev.wrenn.control.notify;

import dev.wrenn.common.runtime.Backoff;
import dev.wrenn.control.domain.accounts.Mail;
import dev.wrenn.control.domain.accounts.Mailer;
import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.random.RandomGenerator;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Delivers mails one after the other from a thread of its own, each up to three times. What does
/// not fit in the queue is dropped and logged, without its text. Thread-safe.
public final class MailQueue implements Mailer, AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(MailQueue.class);
    private static final int WAITING = 1000;
    private static final int ATTEMPTS = 3;

    private final BlockingQueue<Mail> queue = new ArrayBlockingQueue<>(WAITING);
    private final MailSink sink;
    private final Thread thread;

    public MailQueue(MailSink sink) {
        this.sink = sink;
        this.thread = Thread.ofVirtual().name("mail").start(this::run);
    }

    @Override
    public void send(Mail mail) {
        if (!queue.offer(mail)) LOG.atWarn().log("mail dropped: too many wait");
    }

    private void run() {
        try {
            while (true) deliver(queue.take());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt(); // closed
        }
    }

    private void deliver(Mail mail) throws InterruptedException {
        var backoff =
                new Backoff(
                        Duration.ofSeconds(1),
                        Duration.ofSeconds(10),
                        RandomGenerator.getDefault());
        for (int attempt = 1; ; attempt++) {
            try {
                sink.deliver(mail);
                return;
            } catch (IOException e) {
                if (attempt == ATTEMPTS) {
                    LOG.atWarn()
                            .addKeyValue("subject", mail.subject())
                            .log("mail not delivered: {}", e.getMessage());
                    return;
                }
            }
            Thread.sleep(backoff.next());
        }
    }

    @Override
    public void close() {
        thread.interrupt();
    }
}
