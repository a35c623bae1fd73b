package dev.wrenn.cli.client;

import dev.wrenn.cli.CommandFailure;
import java.io.PrintWriter;
import java.time.Instant;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;
import tools.jackson.databind.JsonNode;

/// `wrenn ls ID [PATH]`: what is in a folder of a capsule.
@Command(
        name = "ls",
        description = "List a folder of a capsule, or describe a file.",
        mixinStandardHelpOptions = true)
public final class ListCommand implements Callable<Integer> {
    private static final DateTimeFormatter DATE =
            DateTimeFormatter.ofPattern("yyyy-MM-dd HH:mm", Locale.ROOT);

    @Mixin private final ClientOptions options = new ClientOptions();

    @Spec
    @SuppressWarnings("NullAway.Init") // picocli sets it
    private CommandSpec spec;

    @Parameters(index = "0", paramLabel = "ID", description = "The capsule.")
    @SuppressWarnings("NullAway.Init") // picocli sets it
    private String id;

    @Parameters(
            index = "1",
            paramLabel = "PATH",
            defaultValue = ".",
            description = "The folder; without it, the home of the default user.")
    @SuppressWarnings("NullAway.Init") // picocli sets it
    private String path;

    @Option(names = "--json", description = "Print the answer of the API.")
    private boolean json;

    @Override
    public Integer call() {
        try (var api = options.connect()) {
            var files = new FilesApi(api);
            var place = new CapsulePath(CapsuleCommand.segment(id), path);
            var entry =
                    files.stat(place).orElseThrow(() -> new CommandFailure("not_found: " + path));
            var out = spec.commandLine().getOut();
            boolean folder = entry.path("type").asString("").equals("directory");
            if (!folder) {
                if (json) out.println(entry);
                else print(out, entry);
            } else {
                var answer = files.list(place, 1);
                if (json) out.println(answer.text());
                else for (var each : answer.json().path("entries")) print(out, each);
            }
            out.flush();
        }
        return 0;
    }

    private static void print(PrintWriter out, JsonNode entry) {
        var date =
                DATE.format(
                        Instant.ofEpochSecond(entry.path("modified_at").asLong(0))
                                .atZone(ZoneId.systemDefault()));
        out.printf(
                "%s %-8s %-8s %12s %s %s%s%n",
                CapsuleCommand.text(entry, "permissions"),
                plain(entry, "owner"),
                plain(entry, "group"),
                CapsuleCommand.text(entry, "size"),
                date,
                plain(entry, "name"),
                entry.has("symlink_target") ? " -> " + plain(entry, "symlink_target") : "");
    }

    /// Without what a terminal would obey.
    private static String plain(JsonNode entry, String field) {
        return CapsuleCommand.text(entry, field).replaceAll("\\p{Cntrl}", "?");
    }
}
