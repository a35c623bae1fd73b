package dev.wrenn.cli.client;

import dev.wrenn.cli.CommandFailure;
import java.io.PrintWriter;
import java.util.List;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/// `wrenn channel add|list|test|rotate|delete|deliveries|redeliver`. What a channel is configured
/// with comes as a JSON object on standard input: arguments are for everybody on the machine to
/// read.
@Command(
        name = "channel",
        description = "Where the team hears of events: add, list, test, rotate and remove.",
        mixinStandardHelpOptions = true)
public final class ChannelCommand implements Runnable {
    private static final String ROUTE = "/v1/channels";
    private static final String CONFIG =
            "The configuration is read as a JSON object from standard input, such as"
                    + " {\"webhook_url\":\"https://…\"}.";

    @Spec
    @SuppressWarnings("NullAway.Init") // picocli sets it
    private CommandSpec spec;

    @Override
    public void run() {
        throw new ParameterException(
                spec.commandLine(),
                "expected one of: add, list, test, rotate, delete, deliveries, redeliver");
    }

    @Command(
            name = "add",
            description = {
                "Add a channel and print its id; a webhook's secret is printed, too.",
                CONFIG
            },
            mixinStandardHelpOptions = true)
    int add(
            @Mixin ClientOptions options,
            @Parameters(paramLabel = "NAME") String name,
            @Parameters(
                            paramLabel = "PROVIDER",
                            description =
                                    "discord, slack, teams, googlechat, telegram, matrix, webhook,"
                                            + " email.")
                    String provider,
            @Option(
                            names = "--event",
                            paramLabel = "E",
                            required = true,
                            split = ",",
                            description = "Such as capsule.created; may be repeated.")
                    List<String> events,
            @Option(names = "--json", description = "Print the channel object.") boolean json) {
        var body = JsonNodeFactory.instance.objectNode().put("name", name);
        body.put("provider", provider).set("config", config());
        for (var event : events) body.withArray("events").add(event);
        try (var api = options.session()) {
            made(api.post(ROUTE, body), json);
        }
        return 0;
    }

    private void made(Api.Answer answer, boolean json) {
        if (json) {
            out().println(answer.text());
            return;
        }
        out().println(CapsuleCommand.text(answer.json(), "id"));
        var secret = CapsuleCommand.text(answer.json(), "secret");
        if (!secret.isEmpty()) out().println("secret, shown this once: " + secret);
    }

    private static ObjectNode config() {
        try {
            if (JsonMapper.shared().readTree(System.in) instanceof ObjectNode object) return object;
        } catch (JacksonException e) {
            // answered below together with what is no object; the text is not repeated
        }
        throw new CommandFailure("standard input: expected a JSON object with the configuration");
    }

    @Command(name = "list", description = "List the channels.", mixinStandardHelpOptions = true)
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

    static String table(List<JsonNode> channels) {
        var lines = new StringBuilder();
        var format = "%-28s %-20s %-10s %-24s %s%n";
        lines.append(format.formatted("ID", "NAME", "PROVIDER", "LAST_ERROR", "EVENTS"));
        for (var channel : channels)
            lines.append(
                    format.formatted(
                            CapsuleCommand.text(channel, "id"),
                            CapsuleCommand.text(channel, "name"),
                            CapsuleCommand.text(channel, "provider"),
                            CapsuleCommand.text(channel, "last_error"),
                            String.join(
                                    ",",
                                    channel.path("events")
                                            .valueStream()
                                            .map(event -> event.asString(""))
                                            .toList())));
        return lines.toString();
    }

    @Command(
            name = "test",
            description = {"Send a test message; nothing is stored.", CONFIG},
            mixinStandardHelpOptions = true)
    int test(@Mixin ClientOptions options, @Parameters(paramLabel = "PROVIDER") String provider) {
        var body = JsonNodeFactory.instance.objectNode().put("provider", provider);
        body.set("config", config());
        try (var api = options.session()) {
            api.post(ROUTE + "/test", body);
            out().println("ok");
        }
        return 0;
    }

    @Command(
            name = "rotate",
            description = {"Replace what a channel is configured with.", CONFIG},
            mixinStandardHelpOptions = true)
    int rotate(
            @Mixin ClientOptions options,
            @Parameters(paramLabel = "ID") String id,
            @Option(names = "--json", description = "Print the channel object.") boolean json) {
        var body = JsonNodeFactory.instance.objectNode();
        body.set("config", config());
        try (var api = options.session()) {
            made(api.put(path(id) + "/config", body), json);
        }
        return 0;
    }

    @Command(name = "delete", description = "Remove channels.", mixinStandardHelpOptions = true)
    int delete(
            @Mixin ClientOptions options,
            @Parameters(paramLabel = "ID", arity = "1..*") List<String> ids) {
        try (var api = options.session()) {
            for (var id : ids) api.delete(path(id));
        }
        return 0;
    }

    @Command(
            name = "deliveries",
            description = "What was sent to a channel, newest first.",
            mixinStandardHelpOptions = true)
    int deliveries(
            @Mixin ClientOptions options,
            @Parameters(paramLabel = "ID") String id,
            @Option(names = "--json", description = "Print the array.") boolean json) {
        try (var api = options.session()) {
            var answer = api.get(path(id) + "/deliveries");
            if (json) {
                out().println(answer.text());
                return 0;
            }
            var format = "%-36s %-26s %-9s %8s %6s %-25s %s%n";
            out().printf(format, "ID", "EVENT", "STATE", "ATTEMPTS", "STATUS", "CREATED", "ERROR");
            for (var one : answer.json())
                out().printf(
                                format,
                                CapsuleCommand.text(one, "id"),
                                CapsuleCommand.text(one, "event"),
                                CapsuleCommand.text(one, "state"),
                                one.path("attempts").asInt(0),
                                one.path("status").asString(""),
                                CapsuleCommand.text(one, "created_at"),
                                CapsuleCommand.text(one, "error"));
            out().flush();
        }
        return 0;
    }

    @Command(
            name = "redeliver",
            description = "Send an ended delivery again.",
            mixinStandardHelpOptions = true)
    int redeliver(
            @Mixin ClientOptions options,
            @Parameters(paramLabel = "ID") String id,
            @Parameters(paramLabel = "DELIVERY") String delivery) {
        try (var api = options.session()) {
            api.post(
                    path(id) + "/deliveries/" + CapsuleCommand.segment(delivery) + "/redeliver",
                    null);
        }
        return 0;
    }

    private static String path(String id) {
        return ROUTE + "/" + CapsuleCommand.segment(id);
    }

    private PrintWriter out() {
        return spec.commandLine().getOut();
    }
}
