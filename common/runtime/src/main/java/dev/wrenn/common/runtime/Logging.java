package dev.wrenn.common.runtime;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.encoder.JsonEncoder;
import ch.qos.logback.classic.spi.Configurator;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.ConsoleAppender;
import ch.qos.logback.core.spi.ContextAwareBase;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;

/// How every process logs: one JSON object a line on standard error, as what a process prints on
/// standard output is its answer. `LOG_LEVEL` is a property of the JVM or a variable of the
/// environment. Found by logback as a service; in code, as reading the same from XML costs each
/// process a tenth of a second at its start.
public final class Logging extends ContextAwareBase implements Configurator {
    private static final String LEVEL = "LOG_LEVEL";

    /// Libraries that tell at INFO what they do each time, or at DEBUG what they sign.
    private static final List<String> TALKATIVE =
            List.of(
                    "org.eclipse.jetty",
                    "io.javalin",
                    "org.flywaydb",
                    "com.zaxxer.hikari",
                    "redis.clients",
                    "software.amazon.awssdk");

    @Override
    public ExecutionStatus configure(LoggerContext context) {
        var encoder = new JsonEncoder();
        encoder.setContext(context);
        encoder.setWithContext(false);
        encoder.setWithSequenceNumber(false);
        encoder.setWithNanoseconds(false);
        encoder.start();
        var appender = new ConsoleAppender<ILoggingEvent>();
        appender.setContext(context);
        appender.setName("JSON");
        appender.setTarget("System.err");
        appender.setEncoder(encoder);
        appender.start();
        for (var library : TALKATIVE) context.getLogger(library).setLevel(Level.WARN);
        var root = context.getLogger(Logger.ROOT_LOGGER_NAME);
        root.setLevel(level(System.getProperty(LEVEL, System.getenv(LEVEL))));
        root.addAppender(appender);
        return ExecutionStatus.DO_NOT_INVOKE_NEXT_IF_ANY;
    }

    /// INFO also for a word that is no level.
    static Level level(@Nullable String word) {
        return Level.toLevel(word, Level.INFO);
    }
}
