package dev.wrenn.cli.client;

import dev.wrenn.cli.CommandFailure;
import dev.wrenn.cli.client.Api.Answer;
import java.io.PrintWriter;
import java.time.Duration;
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

/// `wrenn capsule create|list|get|pause|resume|destroy`, [NetworkCommand] and [MetricsCommand].
@Command(
        name = "capsule",
        description = "Create, list, show, pause, resume and destroy capsules.",
        subcommands = {NetworkCommand.class, MetricsCommand.class},
        mixinStandardHelpOptions = true)
public final class CapsuleCommand implements Runnable {
    private static final String ROUTE = "/v1/capsules";
    private static final Duration POLL = Duration.ofMillis(250);
    private static final Duration BOOT_LIMIT = Duration.ofMinutes(2);
    private static final Duration RESUME_LIMIT = Duration.ofMinutes(1);

    @Spec
    @SuppressWarnings("NullAway.Init") // picocli sets it
    private CommandSpec spec;

    @Override
    public void run() {
        throw new ParameterException(
                spec.commandLine(),
                "expected one of: create, list, get, pause, resume, destroy, network, metrics");
    }

    @Command(
            name = "create",
            description = "Create a capsule, wait until it runs, print its id.",
            mixinStandardHelpOptions = true)
    int create(
            @Mixin ClientOptions options,
            @Option(names = "--template", paramLabel = "T", defaultValue = "minimal")
                    String template,
            @Option(names = "--vcpus", paramLabel = "N", defaultValue = "1") int vcpus,
            @Option(names = "--memory", paramLabel = "MB", defaultValue = "512") int memoryMb,
            @Option(
                            names = "--timeout",
                            paramLabel = "SEC",
                            defaultValue = "0",
                            description = "Idle seconds until it is paused; 0: never.")
                    int timeoutSec,
            @Option(names = "--json", description = "Print the capsule object.") boolean json) {
        var body =
                JsonNodeFactory.instance
                        .objectNode()
                        .put("template", template)
                        .put("vcpus", vcpus)
                        .put("memory_mb", memoryMb)
                        .put("timeout_sec", timeoutSec);
        try (var api = options.connect()) {
            var capsule = awaitRunning(api, api.post(ROUTE, body), BOOT_LIMIT);
            out().println(json ? capsule.text() : text(capsule.json(), "id"));
        }
        return 0;
    }

    private static Answer awaitRunning(Api api, Answer created, Duration limit) {
        var answer = created;
        var id = text(created.json(), "id");
        long end = System.nanoTime() + limit.toNanos();
        while (true) {
            var status = text(answer.json(), "status");
            switch (status) {
                case "running" -> {
                    return answer;
                }
                case "pending", "starting" -> {
                    if (System.nanoTime() > end)
                        throw new CommandFailure(id + " is still " + status + "; look at it later");
                }
                default -> throw new CommandFailure(id + " is " + status + cause(answer.json()));
            }
            try {
                Thread.sleep(POLL);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new CommandFailure("interrupted; " + id + " goes on starting", e);
            }
            answer = api.get(ROUTE + "/" + id);
        }
    }

    private static String cause(JsonNode capsule) {
        var cause = text(capsule, "cause");
        return cause.isEmpty() ? "" : ": " + cause;
    }

    @Command(
            name = "list",
            description = "List the team's capsules, newest first.",
            mixinStandardHelpOptions = true)
    int list(
            @Mixin ClientOptions options,
            @Option(names = "--json", description = "Print the array.") boolean json) {
        try (var api = options.connect()) {
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

    static String table(List<JsonNode> capsules) {
        var lines = new StringBuilder();
        var format = "%-29s %-9s %-14s %5s %9s  %s%n";
        lines.append(format.formatted("ID", "STATUS", "TEMPLATE", "VCPUS", "MEMORY_MB", "CREATED"));
        for (var capsule : capsules)
            lines.append(
                    format.formatted(
                            text(capsule, "id"),
                            text(capsule, "status"),
                            text(capsule, "template"),
                            text(capsule, "vcpus"),
                            text(capsule, "memory_mb"),
                            text(capsule, "created_at")));
        return lines.toString();
    }

    @Command(
            name = "get",
            description = "Show one capsule, also a stopped one.",
            mixinStandardHelpOptions = true)
    int get(
            @Mixin ClientOptions options,
            @Parameters(paramLabel = "ID") String id,
            @Option(names = "--json", description = "Print the capsule object.") boolean json) {
        try (var api = options.connect()) {
            var answer = api.get(ROUTE + "/" + segment(id));
            if (json) {
                out().println(answer.text());
                return 0;
            }
            for (var field : answer.json().properties())
                out().printf("%-16s %s%n", field.getKey(), plain(field.getValue()));
            out().flush();
        }
        return 0;
    }

    @Command(
            name = "pause",
            description = "Save a running capsule; it uses no CPU and memory until it is resumed.",
            mixinStandardHelpOptions = true)
    int pause(
            @Mixin ClientOptions options,
            @Parameters(paramLabel = "ID") String id,
            @Option(names = "--json", description = "Print the capsule object.") boolean json) {
        try (var api = options.connect()) {
            var capsule = api.postSlow(ROUTE + "/" + segment(id) + "/pause", null);
            if (json) out().println(capsule.text());
        }
        return 0;
    }

    @Command(
            name = "resume",
            description = "Let a paused capsule go on where it was, wait until it runs.",
            mixinStandardHelpOptions = true)
    int resume(
            @Mixin ClientOptions options,
            @Parameters(paramLabel = "ID") String id,
            @Option(names = "--json", description = "Print the capsule object.") boolean json) {
        try (var api = options.connect()) {
            var begun = api.post(ROUTE + "/" + segment(id) + "/resume", null);
            var capsule = awaitRunning(api, begun, RESUME_LIMIT);
            if (json) out().println(capsule.text());
        }
        return 0;
    }

    @Command(
            name = "destroy",
            description = "Destroy capsules for good.",
            mixinStandardHelpOptions = true)
    int destroy(
            @Mixin ClientOptions options,
            @Parameters(paramLabel = "ID", arity = "1..*") List<String> ids) {
        try (var api = options.connect()) {
            for (var id : ids) api.delete(ROUTE + "/" + segment(id));
        }
        return 0;
    }

    /// An id as one path segment; what is no id reaches the server escaped and is refused there.
    static String segment(String id) {
        return java.net.URLEncoder.encode(id, java.nio.charset.StandardCharsets.UTF_8)
                .replace("+", "%20");
    }

    static String text(JsonNode node, String field) {
        return plain(node.path(field));
    }

    private static String plain(JsonNode value) {
        if (value.isMissingNode() || value.isNull()) return "";
        return value.isValueNode() ? value.asString() : value.toString();
    }

    private PrintWriter out() {
        return spec.commandLine().getOut();
    }
}
