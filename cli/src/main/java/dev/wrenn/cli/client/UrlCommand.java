package dev.wrenn.cli.client;

import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;
import tools.jackson.databind.node.JsonNodeFactory;

/// `wrenn url ID PORT`: where a server inside a capsule is reached.
@Command(
        name = "url",
        description = {
            "Print the address of a port of a capsule.",
            "For a private capsule it holds a token that is good for a while."
        },
        mixinStandardHelpOptions = true)
public final class UrlCommand implements Callable<Integer> {
    @Mixin private final ClientOptions options = new ClientOptions();

    @Spec
    @SuppressWarnings("NullAway.Init") // picocli sets it
    private CommandSpec spec;

    @Parameters(index = "0", paramLabel = "ID", description = "The capsule.")
    @SuppressWarnings("NullAway.Init") // picocli sets it
    private String id;

    @Parameters(index = "1", paramLabel = "PORT", description = "Of a server inside it.")
    private int port;

    @Option(
            names = "--ttl",
            paramLabel = "SEC",
            defaultValue = "3600",
            description = "Life of the token.")
    private int ttlSec;

    @Option(names = "--json", description = "Print the link object.")
    private boolean json;

    @Override
    public Integer call() {
        var body = JsonNodeFactory.instance.objectNode().put("port", port).put("ttl_sec", ttlSec);
        try (var api = options.connect()) {
            var path = "/v1/capsules/" + CapsuleCommand.segment(id) + "/proxy/links";
            var answer = api.post(path, body);
            var out = spec.commandLine().getOut();
            out.println(json ? answer.text() : CapsuleCommand.text(answer.json(), "url"));
            out.flush();
        }
        return 0;
    }
}
