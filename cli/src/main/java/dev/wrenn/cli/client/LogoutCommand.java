package dev.wrenn.cli.client;

import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/// `wrenn logout`: ends the session on the server, and forgets it here in any case.
@Command(
        name = "logout",
        description = "End the session of ./wrenn login.",
        mixinStandardHelpOptions = true)
public final class LogoutCommand implements Callable<Integer> {
    @Mixin private final ClientOptions options = new ClientOptions();

    @Override
    public Integer call() {
        var file = SessionFile.of(options.data());
        try (var api = new Api(file.read())) {
            api.post("/v1/auth/logout", null);
        } finally {
            file.delete();
        }
        return 0;
    }
}
