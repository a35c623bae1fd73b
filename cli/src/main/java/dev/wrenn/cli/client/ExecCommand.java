package dev.wrenn.cli.client;

import dev.wrenn.cli.CommandFailure;
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

/// `wrenn exec ID -- CMD…`: a command in a capsule, with its output, input and exit code.
@Command(
        name = "exec",
        description = {
            "Run a command in a capsule: streams its output, passes standard input, exits with its"
                    + " code. No shell is added: use -- sh -c '…' for one.",
            "Ctrl-C ends the command (SIGTERM, after 5 s SIGKILL)."
        },
        mixinStandardHelpOptions = true)
public final class ExecCommand implements Callable<Integer> {
    @Mixin private final ClientOptions options = new ClientOptions();

    @Option(
            names = {"-e", "--env"},
            paramLabel = "K=V",
            description = "A variable for the command; repeatable.")
    private final Map<String, String> variables = new LinkedHashMap<>();

    @Option(names = "--cwd", paramLabel = "DIR", description = "Where the command starts.")
    private @Nullable String directory;

    @Option(
            names = "--timeout",
            paramLabel = "SEC",
            description = "Kill the command after so many seconds (default: never).")
    private int timeoutSec;

    @Option(names = "-n", description = "Do not read standard input.")
    private boolean withoutInput;

    @Parameters(index = "0", paramLabel = "ID")
    @SuppressWarnings("NullAway.Init") // picocli sets it
    private String id;

    @Parameters(
            index = "1..*",
            arity = "1..*",
            paramLabel = "CMD",
            description = "Program and arguments.")
    @SuppressWarnings("NullAway.Init")
    private List<String> command;

    @Override
    public Integer call() {
        try (var api = options.connect()) {
            var capsule = "/v1/capsules/" + CapsuleCommand.segment(id);
            return new ExecSession(api, capsule, start(), withoutInput ? null : System.in).run();
        } catch (CommandFailure e) {
            throw e.as(CommandFailure.NOT_RUN);
        }
    }

    /// The first message: base64 carries bytes that are no text.
    ObjectNode start() {
        var message =
                JsonNodeFactory.instance
                        .objectNode()
                        .put("type", "start")
                        .put("cmd", command.getFirst())
                        .put("encoding", "base64")
                        .put("stdin", !withoutInput);
        var arguments = message.putArray("args");
        command.subList(1, command.size()).forEach(arguments::add);
        if (!variables.isEmpty()) variables.forEach(message.putObject("envs")::put);
        if (directory != null) message.put("cwd", directory);
        if (timeoutSec > 0) message.put("timeout_sec", timeoutSec);
        return message;
    }
}
