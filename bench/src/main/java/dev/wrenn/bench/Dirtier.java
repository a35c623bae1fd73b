package dev.wrenn.bench;

import java.util.List;

/// A program in a guest that keeps a buffer and rewrites as much of it as it is told, and nothing
/// else meanwhile.
final class Dirtier {
    /// Runs a command in a guest, to its end.
    @FunctionalInterface
    interface Guest {
        void run(String program, List<String> arguments);
    }

    // The buffer is not touched before it is written; the block has no page of zeros.
    private static final String PROGRAM =
            """
            import os
            buffer = bytearray(128 << 20)
            block = os.urandom(1 << 20)
            while True:
                with open("/tmp/ask") as ask:
                    mib = int(ask.read())
                for at in range(0, mib << 20, len(block)):
                    buffer[at:at + len(block)] = block
                with open("/tmp/answer", "w") as answer:
                    answer.write("done")
            """;

    private Dirtier() {}

    static void start(Guest guest) {
        guest.run(
                "sh",
                List.of(
                        "-c",
                        "rm -f /tmp/ask /tmp/answer; mkfifo /tmp/ask /tmp/answer && "
                                + "setsid python3 -c \"$0\" </dev/null >/dev/null 2>&1 &",
                        PROGRAM));
    }

    /// Returns when that much has been written.
    static void rewrite(Guest guest, int mib) {
        guest.run("sh", List.of("-c", "echo " + mib + " >/tmp/ask; read -r _ </tmp/answer || :"));
    }
}
