package dev.wrenn.cli.client;

import java.time.Instant;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;
import tools.jackson.databind.JsonNode;

/// `wrenn capsule metrics ID`: what a capsule took.
@Command(
        name = "metrics",
        description = "Show what a capsule took: of its vCPUs, of memory and of its host's disk.",
        mixinStandardHelpOptions = true)
final class MetricsCommand implements Callable<Integer> {
    private static final double MIB = 1 << 20;

    @Mixin private final ClientOptions options = new ClientOptions();

    @Spec
    @SuppressWarnings("NullAway.Init") // picocli sets it
    private CommandSpec spec;

    @Parameters(paramLabel = "ID", description = "The capsule.")
    @SuppressWarnings("NullAway.Init") // picocli sets it
    private String id;

    @Option(
            names = "--range",
            paramLabel = "R",
            defaultValue = "10m",
            description = "How far back: 5m, 10m, 1h, 2h, 6h, 12h or 24h.")
    @SuppressWarnings("NullAway.Init") // picocli sets it
    private String range;

    @Option(names = "--json", description = "Print the object as the API gives it.")
    private boolean json;

    @Override
    public Integer call() {
        try (var api = options.connect()) {
            var answer =
                    api.get(
                            "/v1/capsules/"
                                    + CapsuleCommand.segment(id)
                                    + "/metrics?range="
                                    + CapsuleCommand.segment(range));
            var out = spec.commandLine().getOut();
            out.print(json ? answer.text() + "\n" : table(answer.json()));
            out.flush();
        }
        return 0;
    }

    static String table(JsonNode metrics) {
        var text = new StringBuilder(line("TIME", "CPU %", "MEMORY MiB", "DISK MiB"));
        for (var point : metrics.path("points"))
            text.append(
                    line(
                            Instant.ofEpochSecond(point.path("timestamp_unix").asLong()).toString(),
                            figure(point.path("cpu_pct").asDouble()),
                            figure(point.path("mem_bytes").asDouble() / MIB),
                            figure(point.path("disk_bytes").asDouble() / MIB)));
        return text.toString();
    }

    private static String figure(double value) {
        return String.format(Locale.ROOT, "%.1f", value);
    }

    private static String line(String time, String cpu, String memory, String disk) {
        return String.format(Locale.ROOT, "%-22s %7s %12s %12s%n", time, cpu, memory, disk);
    }
}
