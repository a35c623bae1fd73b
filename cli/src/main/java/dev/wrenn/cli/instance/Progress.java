package dev.wrenn.cli.instance;

import java.io.PrintStream;
import java.time.Duration;
import java.util.Locale;

/// One line per step, with the seconds it took: `wrenn: starting PostgreSQL: 0.4 s`.
final class Progress {
    /// Steps shorter than this are not worth a line.
    private static final Duration SILENT = Duration.ofMillis(30);

    private final PrintStream out;

    Progress(PrintStream out) {
        this.out = out;
    }

    /// A step that may fail.
    @FunctionalInterface
    interface Step<T> {
        T run() throws Exception;
    }

    <T> T step(String text, Step<T> step) throws Exception {
        long began = System.nanoTime();
        var result = step.run();
        var took = Duration.ofNanos(System.nanoTime() - began);
        if (took.compareTo(SILENT) > 0)
            say(text + String.format(Locale.ROOT, ": %.1f s", took.toMillis() / 1000.0));
        return result;
    }

    void run(String text, Running step) throws Exception {
        step(
                text,
                () -> {
                    step.run();
                    return 0;
                });
    }

    /// A step without a result.
    @FunctionalInterface
    interface Running {
        void run() throws Exception;
    }

    void say(String line) {
        out.println("wrenn: " + line);
    }
}
