package dev.wrenn.cli.client;

import java.io.PrintWriter;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/// `wrenn events [--follow]`: what happens in the team, one JSON object a line.
@Command(
        name = "events",
        description = "What happened in the team in the last 7 days, one JSON object a line.",
        mixinStandardHelpOptions = true)
public final class EventsCommand implements Callable<Integer> {
    private static final Duration AGAIN = Duration.ofSeconds(2);
    private static final String DATA = "data: ";
    private static final String ID = "id: ";

    @Mixin private final ClientOptions options = new ClientOptions();

    @Option(names = "--follow", description = "Go on with what comes, until interrupted.")
    private boolean follow;

    @Option(names = "--type", paramLabel = "E", split = ",", description = "Only these events.")
    private List<String> types = List.of();

    @Option(names = "--resource", paramLabel = "ID", split = ",", description = "Only of these.")
    private List<String> resources = List.of();

    @Option(
            names = "--after",
            paramLabel = "N",
            description = "Only what came after this one; without it all, or with --follow none.")
    private @Nullable Long after;

    @Spec
    @SuppressWarnings("NullAway.Init") // picocli sets it
    private CommandSpec spec;

    private String last = "";

    @Override
    public Integer call() throws InterruptedException {
        last = after != null ? Long.toString(after) : follow ? "" : "0";
        try (var api = options.connect()) {
            if (!follow) {
                api.lines(path("0"), this::line);
                return 0;
            }
            while (true) {
                // Ends when the server does; what is missed meanwhile is asked for.
                api.lines(path(""), this::line);
                Thread.sleep(AGAIN);
            }
        }
    }

    private String path(String timeout) {
        var query = new StringBuilder("/v1/events?");
        for (var type : types)
            query.append("type=").append(CapsuleCommand.segment(type)).append('&');
        for (var id : resources)
            query.append("resource=").append(CapsuleCommand.segment(id)).append('&');
        if (!last.isEmpty()) query.append("last_event_id=").append(last).append('&');
        if (!timeout.isEmpty()) query.append("timeout_sec=").append(timeout);
        return query.toString();
    }

    private void line(String line) {
        if (line.startsWith(ID)) last = line.substring(ID.length());
        if (!line.startsWith(DATA)) return;
        out().println(line.substring(DATA.length()));
        out().flush();
    }

    private PrintWriter out() {
        return spec.commandLine().getOut();
    }
}
