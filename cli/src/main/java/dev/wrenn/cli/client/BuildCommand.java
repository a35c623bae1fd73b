package dev.wrenn.cli.client;

import dev.wrenn.cli.CommandFailure;
import java.io.PrintWriter;
import java.util.List;
import java.util.concurrent.TimeUnit;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;
import tools.jackson.databind.JsonNode;

/// `wrenn build list|logs|cancel`.
@Command(
        name = "build",
        description = "Look at builds of templates and cancel them; needs `wrenn login`.",
        mixinStandardHelpOptions = true)
public final class BuildCommand implements Runnable {
    static final String ADMIN = "For the platform instead of the team.";
    private static final long LOOK_EACH_MS = 500;

    @Spec
    @SuppressWarnings("NullAway.Init") // picocli sets it
    private CommandSpec spec;

    @Override
    public void run() {
        throw new ParameterException(spec.commandLine(), "expected one of: list, logs, cancel");
    }

    static String route(boolean admin) {
        return admin ? "/v1/admin/builds" : "/v1/templates/builds";
    }

    @Command(
            name = "list",
            description = "List builds, newest first.",
            mixinStandardHelpOptions = true)
    int list(
            @Mixin ClientOptions options,
            @Option(names = "--admin", description = ADMIN) boolean admin,
            @Option(names = "--json", description = "Print the array.") boolean json) {
        try (var api = options.session()) {
            var answer = api.get(route(admin));
            if (json) out().println(answer.text());
            else out().print(table(answer.json().valueStream().toList()));
            out().flush();
        }
        return 0;
    }

    static String table(List<JsonNode> builds) {
        var format = "%-29s %-24s %-9s %7s  %s%n";
        var lines = new StringBuilder(format.formatted("ID", "NAME", "STATUS", "STEP", "CREATED"));
        for (var build : builds)
            lines.append(
                    format.formatted(
                            CapsuleCommand.text(build, "id"),
                            CapsuleCommand.text(build, "name"),
                            CapsuleCommand.text(build, "status"),
                            build.path("current_step").asInt(0)
                                    + "/"
                                    + build.path("total_steps").asInt(0),
                            CapsuleCommand.text(build, "created_at")));
        return lines.toString();
    }

    @Command(
            name = "logs",
            description = "Print the log of a build. Exit code 1 for one that is no success.",
            mixinStandardHelpOptions = true)
    int logs(
            @Mixin ClientOptions options,
            @Parameters(paramLabel = "BUILD") String id,
            @Option(names = "--follow", description = "Until the build is over.") boolean follow,
            @Option(names = "--admin", description = ADMIN) boolean admin) {
        try (var api = options.session()) {
            return logs(api, route(admin) + "/" + CapsuleCommand.segment(id), follow, out());
        }
    }

    /// @return exit code
    static int logs(Api api, String path, boolean follow, PrintWriter out) {
        var log = new BuildLog(out);
        var build = api.get(path).json();
        boolean over = log.show(build);
        while (follow && !over) {
            pause();
            build = api.get(path).json();
            over = log.show(build);
        }
        var error = build.path("error").asString("");
        out.println(build.path("status").asString("") + (error.isEmpty() ? "" : ": " + error));
        out.flush();
        return !over || build.path("status").asString("").equals("success") ? 0 : 1;
    }

    private static void pause() {
        try {
            TimeUnit.MILLISECONDS.sleep(LOOK_EACH_MS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new CommandFailure("interrupted", e);
        }
    }

    @Command(name = "cancel", description = "End builds for good.", mixinStandardHelpOptions = true)
    int cancel(
            @Mixin ClientOptions options,
            @Parameters(paramLabel = "BUILD", arity = "1..*") List<String> ids,
            @Option(names = "--admin", description = ADMIN) boolean admin) {
        try (var api = options.session()) {
            for (var id : ids)
                api.post(route(admin) + "/" + CapsuleCommand.segment(id) + "/cancel", null);
        }
        return 0;
    }

    private PrintWriter out() {
        return spec.commandLine().getOut();
    }
}
