package dev.wrenn.cli.client;

import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;
import tools.jackson.databind.JsonNode;

/// `wrenn ps ID`: what runs in a capsule.
@Command(
        name = "ps",
        description = "List what was started in a capsule and still runs, terminals included.",
        mixinStandardHelpOptions = true)
public final class PsCommand implements Callable<Integer> {
    @Mixin private final ClientOptions options = new ClientOptions();

    @Spec
    @SuppressWarnings("NullAway.Init") // picocli sets it
    private CommandSpec spec;

    @Parameters(paramLabel = "ID", description = "The capsule.")
    @SuppressWarnings("NullAway.Init") // picocli sets it
    private String id;

    @Option(names = "--json", description = "Print the list as the API gives it.")
    private boolean json;

    @Override
    public Integer call() {
        try (var api = options.connect()) {
            var path = "/v1/capsules/" + CapsuleCommand.segment(id) + "/processes";
            var answer = api.get(path);
            var out = spec.commandLine().getOut();
            if (json) {
                out.println(answer.text());
            } else {
                out.printf("%-8s %-20s %s%n", "PID", "TAG", "COMMAND");
                for (var process : answer.json().path("processes"))
                    out.printf(
                            "%-8s %-20s %s%n",
                            CapsuleCommand.text(process, "pid"),
                            CapsuleCommand.text(process, "tag"),
                            command(process));
            }
            out.flush();
        }
        return 0;
    }

    /// Program and arguments on one line, without what a terminal would obey.
    private static String command(JsonNode process) {
        var line = new StringBuilder(process.path("cmd").asString(""));
        for (var argument : process.path("args")) line.append(' ').append(argument.asString(""));
        return line.toString().replaceAll("\\p{Cntrl}", "?");
    }
}
