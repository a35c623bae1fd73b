package dev.wrenn.cli.client;

import dev.wrenn.cli.CommandFailure;
import java.util.List;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/// `wrenn capsule network get|set`: where a capsule may connect to.
@Command(
        name = "network",
        description = "Show or replace where a capsule may connect to.",
        mixinStandardHelpOptions = true)
final class NetworkCommand implements Runnable {
    @Spec
    @SuppressWarnings("NullAway.Init") // picocli sets it
    private CommandSpec spec;

    @Override
    public void run() {
        throw new ParameterException(spec.commandLine(), "expected one of: get, set");
    }

    @Command(
            name = "get",
            description = "Show the policies of a capsule and of its team.",
            mixinStandardHelpOptions = true)
    int get(
            @Mixin ClientOptions options,
            @Parameters(paramLabel = "ID") String id,
            @Option(names = "--json", description = "Print the object.") boolean json) {
        try (var api = options.connect()) {
            var answer = api.get(path(id));
            spec.commandLine().getOut().print(json ? answer.text() + "\n" : text(answer.json()));
            spec.commandLine().getOut().flush();
        }
        return 0;
    }

    @Command(
            name = "set",
            description = {
                "Replace the policy of a capsule, also for what it has open.",
                "Without options everything is let through that the platform lets through."
            },
            mixinStandardHelpOptions = true)
    int set(
            @Mixin ClientOptions options,
            @Parameters(paramLabel = "ID") String id,
            @Option(
                            names = "--default",
                            paramLabel = "allow|deny",
                            defaultValue = "allow",
                            description = "What holds where no rule fits.")
                    String otherwise,
            @Option(
                            names = "--rule",
                            paramLabel = "RULE",
                            description = {
                                "'allow|deny TARGET [any|tcp|udp|icmp [PORTS]]', in order; TARGET is an"
                                        + " address, a block or a domain, PORTS one or FIRST-LAST."
                            })
                    List<String> rules,
            @Option(
                            names = "--bandwidth",
                            paramLabel = "MBIT",
                            description = "Megabits per second each way.")
                    Integer bandwidth,
            @Option(names = "--connections", paramLabel = "N", description = "Open at a time.")
                    Integer connections,
            @Option(names = "--json", description = "Print the object.") boolean json) {
        var body = body(otherwise, rules == null ? List.of() : rules);
        if (bandwidth != null) body.put("bandwidth_mbit", bandwidth);
        if (connections != null) body.put("max_connections", connections);
        try (var api = options.connect()) {
            var answer = api.put(path(id), body);
            var out = spec.commandLine().getOut();
            if (json) out.println(answer.text());
            out.flush();
            if (!answer.json().path("in_force").asBoolean(false))
                throw new CommandFailure(
                        "stored, but its host does not answer; it follows when it does");
        }
        return 0;
    }

    static ObjectNode body(String otherwise, List<String> rules) {
        var body = JsonNodeFactory.instance.objectNode().put("default", otherwise);
        var list = body.putArray("rules");
        for (var rule : rules) {
            var words = rule.strip().split("\\s+");
            if (words.length < 2 || words.length > 4)
                throw new CommandFailure(
                        "rule: "
                                + rule
                                + " (expected: allow|deny TARGET [any|tcp|udp|icmp [PORTS]])");
            var one = list.addObject().put("action", words[0]).put("to", words[1]);
            if (words.length > 2) one.put("protocol", words[2]);
            if (words.length > 3) one.put("ports", words[3]);
        }
        return body;
    }

    /// As `set` takes it.
    static String text(JsonNode network) {
        var text = new StringBuilder();
        policy(text, "team", network.path("team_policy"));
        policy(text, "capsule", network.path("policy"));
        if (!network.path("in_force").asBoolean(false))
            text.append("not in force yet: its host does not answer\n");
        return text.toString();
    }

    private static void policy(StringBuilder text, String whose, JsonNode policy) {
        text.append(whose).append(":\n");
        for (var rule : policy.path("rules")) {
            text.append("  ")
                    .append(rule.path("action").asString())
                    .append(' ')
                    .append(rule.path("to").asString())
                    .append(' ')
                    .append(rule.path("protocol").asString());
            if (rule.has("ports")) text.append(' ').append(rule.path("ports").asString());
            text.append('\n');
        }
        text.append("  default ").append(policy.path("default").asString()).append('\n');
        for (var limit : List.of("bandwidth_mbit", "max_connections"))
            if (policy.has(limit))
                text.append("  ").append(limit).append(' ').append(policy.path(limit)).append('\n');
    }

    private static String path(String id) {
        return "/v1/capsules/" + CapsuleCommand.segment(id) + "/network";
    }
}
