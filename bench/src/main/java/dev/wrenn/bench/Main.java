package dev.wrenn.bench;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import org.eclipse.jetty.client.HttpClient;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/// `wrenn bench [NAME] [--runs N] [--json] [--data-dir DIR]`.
///
/// Exit code 0: measured and every bound holds; 1: a bound does not hold; 2: wrong arguments; 3: it
/// could not be measured.
@Command(
        name = "bench",
        description = "Measures Wrenn beside its floors.",
        mixinStandardHelpOptions = true)
public final class Main implements Callable<Integer> {
    private static final int BROKEN = 1;
    private static final int NOT_MEASURED = 3;
    private static final List<Bench> ALL =
            List.of(
                    new ApiBench(),
                    new BootBench(),
                    new BuildBench(),
                    new CrowdBench(),
                    new EventsBench(),
                    new ExecBench(),
                    new EnvdBench(),
                    new FilesBench(),
                    new FleetBench(),
                    new NeighboursBench(),
                    new PagerBench(),
                    new PauseBench(),
                    new ProxyBench(),
                    new PtyBench(),
                    new RestoreBench(),
                    new ResumeBench());

    @Parameters(
            arity = "0..1",
            paramLabel = "NAME",
            description =
                    "api, boot, build, crowd, envd, events, exec, files, fleet, neighbours, pager,"
                            + " pause, proxy, pty, restore or resume; else all.")
    private @Nullable String name;

    @Option(names = "--runs", paramLabel = "N", description = "How often each side has its turn.")
    private @Nullable Integer runs;

    @Option(names = "--json", description = "Print one JSON object on standard output.")
    private boolean json;

    @Option(
            names = "--data-dir",
            paramLabel = "DIR",
            description = "Measure the installation that runs there instead of a new one.")
    private @Nullable Path dataDir;

    private Main() {}

    /// Entry point of the launcher.
    public static void main(String[] arguments) {
        System.exit(new CommandLine(new Main()).execute(arguments));
    }

    @Override
    public Integer call() {
        var benches = new TreeMap<String, Bench>();
        for (Bench b : ALL) {
            benches.put(b.name(), b);
        }
        if (name != null && !benches.containsKey(name)) {
            System.err.println("bench: " + name + " (expected: one of " + benches.keySet() + ")");
            return CommandLine.ExitCode.USAGE;
        }
        if (runs != null && runs < 1) {
            System.err.println("--runs: " + runs + " (expected: at least 1)");
            return CommandLine.ExitCode.USAGE;
        }
        try {
            var report = measure(benches);
            System.out.println(json ? report.json() : report.table());
            return report.holds() ? CommandLine.ExitCode.OK : BROKEN;
        } catch (BenchException e) {
            System.err.println("bench: " + e.getMessage());
            return NOT_MEASURED;
        }
    }

    private Report measure(Map<String, Bench> benches) {
        Progress progress = System.err::println;
        var http = new HttpClient();
        try (var place = new Place(root(), dataDir, http, progress)) {
            http.start();
            var chosen = name == null ? benches.values() : List.of(benches.get(name));
            var results = new ArrayList<Measure>();
            int most = 0;
            for (var bench : chosen) {
                int turns = runs == null ? bench.defaultRuns() : runs;
                results.addAll(bench.run(place, turns));
                most = Math.max(most, turns);
            }
            return new Report(name == null ? "all" : name, most, results);
        } catch (RuntimeException e) {
            throw e;
        } catch (Exception e) {
            throw new BenchException("the HTTP client does not start: " + e.getMessage(), e);
        } finally {
            stop(http);
        }
    }

    private static void stop(HttpClient http) {
        try {
            http.stop();
        } catch (Exception e) {
            System.err.println("bench: the HTTP client does not stop: " + e.getMessage());
        }
    }

    /// The checkout: said by the launcher, else the nearest directory upwards that has one.
    private static Path root() {
        var said = System.getenv("WRENN_ROOT");
        if (said != null) return Path.of(said);
        for (var dir = Path.of("").toAbsolutePath(); dir != null; dir = dir.getParent()) {
            if (Files.isExecutable(dir.resolve("wrenn"))) return dir;
        }
        throw new BenchException("no launcher ./wrenn here or above (expected: run ./wrenn bench)");
    }
}
