package dev.wrenn.cli.client;

import dev.wrenn.cli.CommandFailure;
import java.io.PrintWriter;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;
import tools.jackson.databind.JsonNode;

/// `wrenn audit [--follow]`: who did what in the session's team.
@Command(
        name = "audit",
        description = "Who did what in the team, oldest of the newest first.",
        mixinStandardHelpOptions = true)
public final class AuditCommand implements Callable<Integer> {
    private static final Duration PAUSE = Duration.ofSeconds(2);
    private static final int PAGE = 200;
    private static final int REMEMBERED = 5000;

    @Mixin private final ClientOptions options = new ClientOptions();

    @Option(names = "--follow", description = "Go on with what comes, until interrupted.")
    private boolean follow;

    @Option(names = "--limit", paramLabel = "N", defaultValue = "50", description = "1 to 200.")
    private int limit;

    @Option(names = "--type", paramLabel = "T", description = "Only of these resources.")
    private List<String> types = List.of();

    @Option(names = "--action", paramLabel = "A", description = "Only these actions.")
    private List<String> actions = List.of();

    @Option(names = "--json", description = "Print one object a line.")
    private boolean json;

    @Spec
    @SuppressWarnings("NullAway.Init") // picocli sets it
    private CommandSpec spec;

    @Override
    public Integer call() {
        var seen = new LinkedHashSet<String>();
        try (var api = options.session()) {
            print(page(api, limit, "").path("items").valueStream().toList(), seen);
            while (follow) {
                Thread.sleep(PAUSE);
                print(news(api, seen), seen);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new CommandFailure("interrupted", e);
        }
        return 0;
    }

    /// Pages back until one holds something known.
    private List<JsonNode> news(Api api, Set<String> seen) {
        var all = new ArrayList<JsonNode>();
        var cursor = "";
        while (true) {
            var page = page(api, PAGE, cursor);
            boolean known = false;
            for (var row : page.path("items")) {
                if (seen.contains(CapsuleCommand.text(row, "id"))) known = true;
                else all.add(row);
            }
            if (known || seen.isEmpty() || !page.has("next_before")) return all;
            cursor =
                    "&before="
                            + CapsuleCommand.segment(CapsuleCommand.text(page, "next_before"))
                            + "&before_id="
                            + CapsuleCommand.text(page, "next_before_id");
        }
    }

    private JsonNode page(Api api, int size, String cursor) {
        var query = new StringBuilder("?limit=" + size + cursor);
        for (var type : types) query.append("&resource_type=").append(CapsuleCommand.segment(type));
        for (var action : actions) query.append("&action=").append(CapsuleCommand.segment(action));
        return api.get("/v1/audit-logs" + query).json();
    }

    private void print(List<JsonNode> newestFirst, Set<String> seen) {
        for (var row : newestFirst.reversed()) {
            if (!seen.add(CapsuleCommand.text(row, "id"))) continue;
            out().println(json ? row.toString() : line(row));
        }
        out().flush();
        var old = seen.iterator();
        for (int over = seen.size() - REMEMBERED; over > 0; over--) {
            old.next();
            old.remove();
        }
    }

    static String line(JsonNode row) {
        var metadata = row.path("metadata");
        return "%-27s %-9s %-20s %-11s %-30s %s"
                .formatted(
                        CapsuleCommand.text(row, "created_at"),
                        CapsuleCommand.text(row, "actor_type"),
                        CapsuleCommand.text(row, "actor_name"),
                        CapsuleCommand.text(row, "resource_type"),
                        CapsuleCommand.text(row, "resource_id"),
                        CapsuleCommand.text(row, "action")
                                + (metadata.isEmpty() ? "" : " " + metadata))
                .stripTrailing();
    }

    private PrintWriter out() {
        return spec.commandLine().getOut();
    }
}
