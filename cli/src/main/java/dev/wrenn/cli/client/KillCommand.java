package dev.wrenn.cli.client;

import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/// `wrenn kill ID SELECTOR`: ends a process of a capsule.
@Command(
        name = "kill",
        description = "Signal a process of a capsule and its whole group.",
        mixinStandardHelpOptions = true)
public final class KillCommand implements Callable<Integer> {
    @Mixin private final ClientOptions options = new ClientOptions();

    @Parameters(index = "0", paramLabel = "ID", description = "The capsule.")
    @SuppressWarnings("NullAway.Init") // picocli sets it
    private String id;

    @Parameters(index = "1", paramLabel = "SELECTOR", description = "Its pid or its tag.")
    @SuppressWarnings("NullAway.Init") // picocli sets it
    private String selector;

    @Option(
            names = "--signal",
            paramLabel = "S",
            defaultValue = "SIGKILL",
            description = "SIGKILL (default) or SIGTERM.")
    @SuppressWarnings("NullAway.Init") // picocli sets it
    private String signal;

    @Override
    public Integer call() {
        try (var api = options.connect()) {
            api.delete(
                    "/v1/capsules/"
                            + CapsuleCommand.segment(id)
                            + "/processes/"
                            + CapsuleCommand.segment(selector)
                            + "?signal="
                            + CapsuleCommand.segment(signal));
        }
        return 0;
    }
}
