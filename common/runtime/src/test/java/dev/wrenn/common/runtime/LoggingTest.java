package dev.wrenn.common.runtime;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.util.LogbackMDCAdapter;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import org.junit.jupiter.api.Test;
import org.slf4j.LoggerFactory;

class LoggingTest {
    private static String logged(Runnable what) {
        var err = System.err;
        var bytes = new ByteArrayOutputStream();
        System.setErr(new PrintStream(bytes, true, UTF_8));
        try {
            what.run();
        } finally {
            System.setErr(err);
        }
        return bytes.toString(UTF_8);
    }

    @Test
    void aLineIsAnObjectOnStandardError() {
        var context = new LoggerContext();
        context.setMDCAdapter(new LogbackMDCAdapter());
        assertThat(
                        logged(() -> {
                            new Logging().configure(context);
                            context.getLogger("dev.wrenn")
                                    .atInfo()
                                    .addKeyValue("port", 1)
                                    .log("up \"now\"");
                            context.getLogger("org.eclipse.jetty").info("silent");
                        }))
                .startsWith("{")
                .endsWith("}\n")
                .hasLineCount(1)
                .contains("\"message\":\"up \\\"now\\\"\"", "{\"port\":\"1\"}")
                .doesNotContain("silent", "sequenceNumber", "nanoseconds");
    }

    @Test
    void itIsWhatLoggersOfThisProcessUse() {
        var context = (LoggerContext) LoggerFactory.getILoggerFactory();
        var root = context.getLogger(org.slf4j.Logger.ROOT_LOGGER_NAME);
        assertThat(root.getAppender("JSON")).isNotNull();
        assertThat(context.getLogger("com.zaxxer.hikari").getLevel()).isEqualTo(Level.WARN);
    }

    @Test
    void aWordThatIsNoLevelIsInfo() {
        assertThat(Logging.level(null)).isEqualTo(Level.INFO);
        assertThat(Logging.level("loud")).isEqualTo(Level.INFO);
        assertThat(Logging.level("debug")).isEqualTo(Level.DEBUG);
    }
}
