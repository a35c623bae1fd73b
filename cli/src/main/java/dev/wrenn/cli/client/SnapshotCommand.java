package dev.wrenn.cli.client;

import java.io.PrintWriter;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.JsonNodeFactory;

/// `wrenn snapshot create|list|delete`.
@Command(
        name = "snapshot",
        description = "Make templates of capsules, list and delete them.",
        mixinStandardHelpOptions = true)
public final class SnapshotCommand implements Runnable {
    private static final String ROUTE = "/v1/snapshots";

    @Spec
    @SuppressWarnings("NullAway.Init") // picocli sets it
    private CommandSpec spec;

    @Override
    public void run() {
        throw new ParameterException(spec.commandLine(), "expected one of: create, list, delete");
    }

    @Command(
            name = "create",
            description = "Make a template of a running or paused capsule, print its name.",
            mixinStandardHelpOptions = true)
    int create(
            @Mixin ClientOptions options,
            @Parameters(paramLabel = "CAPSULE") String capsule,
            @Option(
                            names = "--name",
                            paramLabel = "N",
                            description = "Name of the template (default: a new one).")
                    @Nullable String name,
            @Option(
                            names = "--overwrite",
                            description = "Take the place of the template of this name.")
                    boolean overwrite,
            @Option(names = "--json", description = "Print the template object.") boolean json) {
        try (var api = options.connect()) {
            var made = api.postSlow(route(overwrite), body(capsule, name));
            out().println(json ? made.text() : CapsuleCommand.text(made.json(), "name"));
        }
        return 0;
    }

    static String route(boolean overwrite) {
        return overwrite ? ROUTE + "?overwrite=true" : ROUTE;
    }

    static JsonNode body(String capsule, @Nullable String name) {
        var body = JsonNodeFactory.instance.objectNode().put("sandbox_id", capsule);
        return name == null ? body : body.put("name", name);
    }

    @Command(
            name = "list",
            description = "List the team's templates and those of the platform, newest first.",
            mixinStandardHelpOptions = true)
    int list(
            @Mixin ClientOptions options,
            @Option(
                            names = "--type",
                            paramLabel = "T",
                            defaultValue = "",
                            description = "Only those of this type: base or snapshot.")
                    String type,
            @Option(names = "--json", description = "Print the array.") boolean json) {
        try (var api = options.connect()) {
            var answer = api.get(ROUTE + "?type=" + CapsuleCommand.segment(type));
            if (json) {
                out().println(answer.text());
                return 0;
            }
            out().print(table(answer.json().valueStream().toList()));
            out().flush();
        }
        return 0;
    }

    static String table(List<JsonNode> templates) {
        var lines = new StringBuilder();
        var format = "%-24s %-9s %5s %9s %13s  %s%n";
        lines.append(
                format.formatted("NAME", "TYPE", "VCPUS", "MEMORY_MB", "SIZE_BYTES", "CREATED"));
        for (var template : templates)
            lines.append(
                    format.formatted(
                            CapsuleCommand.text(template, "name"),
                            CapsuleCommand.text(template, "type"),
                            CapsuleCommand.text(template, "vcpus"),
                            CapsuleCommand.text(template, "memory_mb"),
                            CapsuleCommand.text(template, "size_bytes"),
                            CapsuleCommand.text(template, "created_at")));
        return lines.toString();
    }

    @Command(
            name = "delete",
            description = "Delete templates of the team; capsules made of them go on.",
            mixinStandardHelpOptions = true)
    int delete(
            @Mixin ClientOptions options,
            @Parameters(paramLabel = "NAME", arity = "1..*") List<String> names) {
        try (var api = options.connect()) {
            for (var name : names) api.delete(ROUTE + "/" + CapsuleCommand.segment(name));
        }
        return 0;
    }

    private PrintWriter out() {
        return spec.commandLine().getOut();
    }
}
