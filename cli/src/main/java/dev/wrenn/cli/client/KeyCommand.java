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

/// `wrenn key create|list|delete`.
@Command(
        name = "key",
        description = "Make, list and revoke the team's API keys.",
        mixinStandardHelpOptions = true)
public final class KeyCommand implements Runnable {
    private static final String ROUTE = "/v1/api-keys";

    @Spec
    @SuppressWarnings("NullAway.Init") // picocli sets it
    private CommandSpec spec;

    @Override
    public void run() {
        throw new ParameterException(spec.commandLine(), "expected one of: create, list, delete");
    }

    @Command(
            name = "create",
            description = "Make a key and print it, this once.",
            mixinStandardHelpOptions = true)
    int create(
            @Mixin ClientOptions options,
            @Option(names = "--name", paramLabel = "N") @Nullable String name,
            @Option(
                            names = "--scope",
                            paramLabel = "S",
                            defaultValue = "full",
                            description = "full, read-only or exec-only.")
                    String scope,
            @Option(
                            names = "--expires",
                            paramLabel = "TIME",
                            description = "When it dies, such as 2027-01-01T00:00:00Z.")
                    @Nullable String expires,
            @Option(names = "--json", description = "Print the key object.") boolean json) {
        var body = JsonNodeFactory.instance.objectNode().put("scope", scope);
        if (name != null) body.put("name", name);
        if (expires != null) body.put("expires_at", expires);
        try (var api = options.session()) {
            var made = api.post(ROUTE, body);
            out().println(json ? made.text() : CapsuleCommand.text(made.json(), "key"));
        }
        return 0;
    }

    @Command(
            name = "list",
            description = "List the team's keys, newest first; not the keys themselves.",
            mixinStandardHelpOptions = true)
    int list(
            @Mixin ClientOptions options,
            @Option(names = "--json", description = "Print the array.") boolean json) {
        try (var api = options.session()) {
            var answer = api.get(ROUTE);
            if (json) {
                out().println(answer.text());
                return 0;
            }
            out().print(table(answer.json().valueStream().toList()));
            out().flush();
        }
        return 0;
    }

    static String table(List<JsonNode> keys) {
        var lines = new StringBuilder();
        var format = "%-29s %-10s %-9s %-28s %-20s  %s%n";
        lines.append(format.formatted("ID", "PREFIX", "SCOPE", "CREATOR", "LAST_USED", "NAME"));
        for (var key : keys)
            lines.append(
                    format.formatted(
                            CapsuleCommand.text(key, "id"),
                            CapsuleCommand.text(key, "key_prefix"),
                            CapsuleCommand.text(key, "scope"),
                            CapsuleCommand.text(key, "creator_email"),
                            CapsuleCommand.text(key, "last_used"),
                            CapsuleCommand.text(key, "name")));
        return lines.toString();
    }

    @Command(name = "delete", description = "Revoke keys.", mixinStandardHelpOptions = true)
    int delete(
            @Mixin ClientOptions options,
            @Parameters(paramLabel = "ID", arity = "1..*") List<String> ids) {
        try (var api = options.session()) {
            for (var id : ids) api.delete(ROUTE + "/" + CapsuleCommand.segment(id));
        }
        return 0;
    }

    private PrintWriter out() {
        return spec.commandLine().getOut();
    }
}
