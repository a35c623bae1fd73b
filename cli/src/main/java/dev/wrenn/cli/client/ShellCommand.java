package dev.wrenn.cli.client;

import dev.wrenn.cli.CommandFailure;
import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/// `wrenn shell ID`: a terminal in a capsule.
@Command(
        name = "shell",
        description = {
            "Open a terminal in a capsule (default: bash). Every key goes through, Ctrl-C and Ctrl-Z"
                    + " as well; exits with the program's code.",
            "A dropped connection is made again by itself. The terminal outlives this command:"
                    + " --tag comes back to it."
        },
        mixinStandardHelpOptions = true)
public final class ShellCommand implements Callable<Integer> {
    @Mixin private final ClientOptions options = new ClientOptions();

    @Option(names = "--tag", paramLabel = "T", description = "Come back to this terminal.")
    private @Nullable String tag;

    @Option(
            names = {"-e", "--env"},
            paramLabel = "K=V",
            description = "A variable for the program; repeatable.")
    private final Map<String, String> variables = new LinkedHashMap<>();

    @Option(names = "--cwd", paramLabel = "DIR", description = "Where the program starts.")
    private @Nullable String directory;

    @Option(names = "--user", paramLabel = "U", description = "Who the program runs as.")
    private @Nullable String user;

    @Parameters(index = "0", paramLabel = "ID", description = "The capsule.")
    @SuppressWarnings("NullAway.Init") // picocli sets it
    private String id;

    @Parameters(index = "1..*", paramLabel = "CMD", description = "The program, after --.")
    private List<String> command = List.of();

    @Override
    public Integer call() throws IOException {
        try (var api = options.connect()) {
            var capsule = "/v1/capsules/" + CapsuleCommand.segment(id);
            api.get(capsule); // what is wrong with it is said on a terminal that is still itself
            try (var terminal = RawTerminal.open()) {
                return new ShellSession(api, capsule, first(), terminal).run();
            }
        } catch (CommandFailure e) {
            throw e.as(CommandFailure.NOT_RUN);
        }
    }

    /// The first message, without the size.
    ObjectNode first() {
        var message = JsonNodeFactory.instance.objectNode();
        if (tag != null) return message.put("type", "connect").put("tag", tag);
        message.put("type", "start");
        if (!command.isEmpty()) {
            message.put("cmd", command.getFirst());
            var arguments = message.putArray("args");
            command.subList(1, command.size()).forEach(arguments::add);
        }
        var envs = message.putObject("envs");
        variables.forEach(envs::put);
        var type = System.getenv("TERM");
        if (type != null && !type.isEmpty() && !variables.containsKey("TERM"))
            envs.put("TERM", type);
        if (directory != null) message.put("cwd", directory);
        if (user != null) message.put("user", user);
        return message;
    }
}
