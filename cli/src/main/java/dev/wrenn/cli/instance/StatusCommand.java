package dev.wrenn.cli.instance;

import dev.wrenn.cli.CommandFailure;
import dev.wrenn.cli.DataDir;
import dev.wrenn.cli.pki.Pki;
import dev.wrenn.contracts.hostagent.v1.GetHostResponse;
import java.io.PrintStream;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/// `wrenn status`: which part runs since when, and what the host has. Exit code 1 when it is not
/// up, or not all of it.
@Command(
        name = "status",
        description = "Show the parts of an instance; exit code 1 unless all of them are up.",
        mixinStandardHelpOptions = true)
public final class StatusCommand implements Callable<Integer> {
    private static final Duration PROBE = Duration.ofSeconds(5);

    @Option(
            names = "--data-dir",
            paramLabel = "DIR",
            description = "The instance (default: .wrenn beside the launcher).")
    private @Nullable Path dataDir;

    @Option(names = "--json", description = "One object on standard output.")
    private boolean json;

    @Override
    public Integer call() {
        var data = DataDir.of(dataDir, System.getenv());
        var state = InstanceState.ofLiving(data.run());
        var report = JsonNodeFactory.instance.objectNode();
        report.put("up", state.isPresent()).put("data_dir", data.root().toString());
        boolean good = state.isPresent() && fill(report, data, state.get());
        if (json) System.out.println(report.toPrettyString());
        else print(report, System.out);
        return good ? 0 : CommandFailure.FAILED;
    }

    /// @return true when everything is up
    private static boolean fill(ObjectNode report, DataDir data, InstanceState state) {
        report.put("ready", state.ready()).put("api_url", state.apiUrl());
        var parts = report.putObject("parts");
        boolean good = state.ready();
        var supervisor = parts.putObject("supervisor");
        supervisor.put("state", "up").put("pid", state.supervisor().pid());
        for (var part : state.parts()) {
            var node = parts.putObject(part.name());
            node.put("state", part.state().name().toLowerCase(java.util.Locale.ROOT));
            node.put("pid", part.pid());
            if (part.since() != null)
                node.put(
                        "uptime_sec",
                        Math.max(0, Duration.between(part.since(), Instant.now()).toSeconds()));
            node.put("restarts", part.restarts());
            if (!part.note().isEmpty()) node.put("note", part.note());
            good &= part.state() == Keeper.State.UP && ProcessId.of(part.pid()).isPresent();
        }
        var host = host(report, data, state);
        host.ifPresent(h ->
                report.putObject("host")
                        .put("capsules", h.getCapsules())
                        .put("vmm", h.getVmm() + " " + h.getVmmVersion())
                        .put("acceleration", h.getAccel())
                        .put("acceleration_reason", h.getAccelReason())
                        .put("memory_mb", h.getMemoryMb())
                        .put("memory_reserved_mb", h.getMemoryReservedMb())
                        .put("disk_free_mb", h.getDiskFreeMb())
                        .put("ready", h.getReady())
                        .put("not_ready_reason", h.getNotReadyReason()));
        return good && host.isPresent() && host.get().getReady();
    }

    private static Optional<GetHostResponse> host(
            ObjectNode report, DataDir data, InstanceState state) {
        try (var agent = new AgentLink(new Pki(data.pki()), state.agentPort())) {
            return Optional.of(agent.host(PROBE));
        } catch (dev.wrenn.common.connect.ConnectException
                | dev.wrenn.common.connect.Tls.TlsException e) {
            report.put("host_problem", String.valueOf(e.getMessage()));
            return Optional.empty();
        }
    }

    private static void print(ObjectNode report, PrintStream out) {
        if (!report.path("up").booleanValue()) {
            out.println("down (" + report.path("data_dir").asString() + ")");
            return;
        }
        out.println(
                (report.path("ready").booleanValue() ? "ready" : "starting")
                        + " at "
                        + report.path("api_url").asString());
        out.printf("%-12s %-11s %8s %10s %9s%n", "PART", "STATE", "PID", "UPTIME", "RESTARTS");
        for (var part : report.path("parts").properties()) {
            var node = part.getValue();
            out.printf(
                    "%-12s %-11s %8s %10s %9s %s%n",
                    part.getKey(),
                    node.path("state").asString(),
                    node.path("pid").asString(),
                    node.has("uptime_sec") ? node.path("uptime_sec").asString() + " s" : "",
                    node.path("restarts").asString(""),
                    node.path("note").asString(""));
        }
        var host = report.path("host");
        if (host.isMissingNode()) {
            out.println("host agent: no answer: " + report.path("host_problem").asString(""));
            return;
        }
        out.printf(
                "capsules %s; %s with %s%s; memory %s of %s MB promised; %s MB of disk free%n",
                host.path("capsules").asString(),
                host.path("vmm").asString(),
                host.path("acceleration").asString(),
                suffix(host.path("acceleration_reason").asString("")),
                host.path("memory_reserved_mb").asString(),
                host.path("memory_mb").asString(),
                host.path("disk_free_mb").asString());
        if (!host.path("ready").booleanValue())
            out.println("host is not ready: " + host.path("not_ready_reason").asString());
    }

    private static String suffix(String reason) {
        return reason.isEmpty() ? "" : " (" + reason + ")";
    }
}
