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

/// `wrenn host add|list|token|drain|undrain|delete|tag|untag`.
@Command(
        name = "host",
        description = "Machines that capsules run on.",
        mixinStandardHelpOptions = true)
public final class HostCommand implements Runnable {
    private static final String ROUTE = "/v1/hosts";

    @Spec
    @SuppressWarnings("NullAway.Init") // picocli sets it
    private CommandSpec spec;

    @Override
    public void run() {
        throw new ParameterException(
                spec.commandLine(),
                "expected one of: add, list, token, drain, undrain, delete, tag, untag");
    }

    @Command(
            name = "add",
            description = "Add a host and print its id and the token it registers with, this once.",
            mixinStandardHelpOptions = true)
    int add(
            @Mixin ClientOptions options,
            @Option(
                            names = "--team",
                            paramLabel = "TEAM",
                            description = "Whose it is; without it takes capsules of every team.")
                    @Nullable String team,
            @Option(names = "--provider", paramLabel = "P") @Nullable String provider,
            @Option(names = "--zone", paramLabel = "Z", description = "Availability zone.")
                    @Nullable String zone,
            @Option(names = "--json", description = "Print the answer.") boolean json) {
        var body = JsonNodeFactory.instance.objectNode();
        body.put("type", team == null ? "regular" : "byoc");
        if (team != null) body.put("team_id", team);
        if (provider != null) body.put("provider", provider);
        if (zone != null) body.put("availability_zone", zone);
        try (var api = options.session()) {
            var made = api.post(ROUTE, body);
            if (json) out().println(made.text());
            else
                out().printf(
                                "%s%n%s%n",
                                made.json().at("/host/id").asString(),
                                CapsuleCommand.text(made.json(), "registration_token"));
            out().flush();
        }
        return 0;
    }

    @Command(name = "list", description = "List hosts.", mixinStandardHelpOptions = true)
    int list(
            @Mixin ClientOptions options,
            @Option(names = "--json", description = "Print the array.") boolean json) {
        try (var api = options.session()) {
            var answer = api.get(ROUTE);
            if (json) out().println(answer.text());
            else out().print(table(answer.json().valueStream().toList()));
            out().flush();
        }
        return 0;
    }

    static String table(List<JsonNode> hosts) {
        var lines = new StringBuilder();
        var format = "%-30s %-8s %-12s %5s %9s  %-22s %s%n";
        lines.append(
                format.formatted("ID", "TYPE", "STATUS", "CORES", "MEMORY_MB", "ADDRESS", "TAGS"));
        for (var host : hosts) {
            var tags = host.path("tags").valueStream().map(JsonNode::asString).toList();
            lines.append(
                    format.formatted(
                            CapsuleCommand.text(host, "id"),
                            CapsuleCommand.text(host, "type"),
                            CapsuleCommand.text(host, "status"),
                            CapsuleCommand.text(host, "cpu_cores"),
                            CapsuleCommand.text(host, "memory_mb"),
                            CapsuleCommand.text(host, "address"),
                            String.join(",", tags)));
        }
        return lines.toString();
    }

    @Command(
            name = "token",
            description = "Make another registration token for a host that needs one.",
            mixinStandardHelpOptions = true)
    int token(@Mixin ClientOptions options, @Parameters(paramLabel = "HOST") String id) {
        try (var api = options.session()) {
            var made = api.post(host(id) + "/token", null).json();
            out().println(CapsuleCommand.text(made, "registration_token"));
        }
        return 0;
    }

    @Command(
            name = "drain",
            description = "Set hosts aside: no new capsules.",
            mixinStandardHelpOptions = true)
    int drain(
            @Mixin ClientOptions options,
            @Parameters(paramLabel = "HOST", arity = "1..*") List<String> ids) {
        try (var api = options.session()) {
            for (var id : ids) api.post(host(id) + "/drain", null);
        }
        return 0;
    }

    @Command(name = "undrain", description = "Take hosts back.", mixinStandardHelpOptions = true)
    int undrain(
            @Mixin ClientOptions options,
            @Parameters(paramLabel = "HOST", arity = "1..*") List<String> ids) {
        try (var api = options.session()) {
            for (var id : ids) api.delete(host(id) + "/drain");
        }
        return 0;
    }

    @Command(
            name = "delete",
            description = "Remove hosts for good.",
            mixinStandardHelpOptions = true)
    int delete(
            @Mixin ClientOptions options,
            @Option(
                            names = "--force",
                            description = "With everything that would be lost with them.")
                    boolean force,
            @Parameters(paramLabel = "HOST", arity = "1..*") List<String> ids) {
        try (var api = options.session()) {
            for (var id : ids) api.delete(host(id) + (force ? "?force=true" : ""));
        }
        return 0;
    }

    @Command(name = "tag", description = "Tag a host.", mixinStandardHelpOptions = true)
    int tag(
            @Mixin ClientOptions options,
            @Parameters(paramLabel = "HOST") String id,
            @Parameters(paramLabel = "TAG", arity = "1..*") List<String> tags) {
        try (var api = options.session()) {
            for (var tag : tags)
                api.post(host(id) + "/tags", JsonNodeFactory.instance.objectNode().put("tag", tag));
        }
        return 0;
    }

    @Command(name = "untag", description = "Remove tags.", mixinStandardHelpOptions = true)
    int untag(
            @Mixin ClientOptions options,
            @Parameters(paramLabel = "HOST") String id,
            @Parameters(paramLabel = "TAG", arity = "1..*") List<String> tags) {
        try (var api = options.session()) {
            for (var tag : tags) api.delete(host(id) + "/tags/" + CapsuleCommand.segment(tag));
        }
        return 0;
    }

    private static String host(String id) {
        return ROUTE + "/" + CapsuleCommand.segment(id);
    }

    private PrintWriter out() {
        return spec.commandLine().getOut();
    }
}
