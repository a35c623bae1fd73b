package dev.wrenn.cli.client;

import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/// `wrenn whoami`.
@Command(
        name = "whoami",
        description = "Who is signed in, in which team, as what.",
        mixinStandardHelpOptions = true)
public final class WhoamiCommand implements Callable<Integer> {
    @Mixin private final ClientOptions options = new ClientOptions();

    @Option(names = "--json", description = "Print the account object.")
    private boolean json;

    @Spec
    @SuppressWarnings("NullAway.Init") // picocli sets it
    private CommandSpec spec;

    @Override
    public Integer call() {
        try (var api = options.session()) {
            var me = api.get("/v1/me");
            spec.commandLine()
                    .getOut()
                    .println(
                            json
                                    ? me.text()
                                    : "%s <%s>, %s of %s"
                                            .formatted(
                                                    CapsuleCommand.text(me.json(), "name"),
                                                    CapsuleCommand.text(me.json(), "email"),
                                                    CapsuleCommand.text(me.json(), "role"),
                                                    CapsuleCommand.text(me.json(), "team_id")));
        }
        return 0;
    }
}
