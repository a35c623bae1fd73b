package dev.wrenn.host.network;

import dev.wrenn.host.linux.Command;
import java.io.IOException;
import java.time.Duration;
import java.util.List;

/// `ip` and `nft`, in the namespace of the calling thread; interruption becomes an exception.
final class Nft {
    private static final Duration LIMIT = Duration.ofSeconds(20);

    private Nft() {}

    /// Runs `nft -f -`: all of the ruleset is applied, or nothing.
    static void apply(String ruleset) {
        check(run(ruleset, "nft", "-f", "-"), "nft");
    }

    /// Runs `ip -batch -`, which stops at the first line that fails.
    static void ip(String batch) {
        check(run(batch, "ip", "-batch", "-"), "ip");
    }

    static Command.Result run(String input, String... argv) {
        try {
            return Command.run(LIMIT, input, List.of(argv));
        } catch (IOException e) {
            throw new NetworkException(argv[0] + " could not be run: " + e.getMessage(), e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new NetworkException(argv[0] + " was interrupted", e);
        }
    }

    private static void check(Command.Result result, String program) {
        if (!result.ok())
            throw new NetworkException(
                    program + " failed with code " + result.code() + ": " + result.output());
    }
}
