package dev.wrenn.host.linux;

import java.util.Map;

/// How a child process ended, wait(2).
public sealed interface ExitStatus {
    /// It returned or called exit(2).
    ///
    /// @param code 0..255
    record Exited(int code) implements ExitStatus {
        @Override
        public String toString() {
            return "exit code " + code;
        }
    }

    /// A signal ended it.
    record Signaled(int signal) implements ExitStatus {
        private static final Map<Integer, String> NAMES = // <asm/signal.h>
                Map.of(
                        1, "SIGHUP", 2, "SIGINT", 4, "SIGILL", 6, "SIGABRT", 7, "SIGBUS", 9,
                        "SIGKILL", 11, "SIGSEGV", 13, "SIGPIPE", 15, "SIGTERM", 31, "SIGSYS");

        @Override
        public String toString() {
            return "signal " + NAMES.getOrDefault(signal, Integer.toString(signal));
        }
    }
}
