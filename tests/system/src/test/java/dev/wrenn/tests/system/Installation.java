package dev.wrenn.tests.system;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.ServerSocket;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/// One installation of this checkout in a directory of its own.
final class Installation implements AutoCloseable {
    static final Duration FIRST_UP = Duration.ofMinutes(20); // may build the images
    static final Duration UP = Duration.ofMinutes(2);

    /// Each kind of process writes its class archive when it ends for the first time in a build.
    static final Duration DOWN = Duration.ofMinutes(2);

    /// What is left over is counted: a small pool is soon full.
    private static final String FEW_SLOTS = "4";

    private final Path dataDir;
    private final int port;
    private final Cli cli;
    private final Map<String, String> settings;

    private Installation(Path dataDir, int port, Cli cli, Map<String, String> settings) {
        this.dataDir = dataDir;
        this.port = port;
        this.cli = cli;
        this.settings = new HashMap<>(Map.of("WRENN_SLOT_POOL", FEW_SLOTS));
        this.settings.putAll(settings);
    }

    /// A new one that is ready.
    static Installation start() {
        var installation = create();
        try {
            installation.up(FIRST_UP);
        } catch (AssertionError e) {
            try {
                installation.down();
            } catch (AssertionError later) {
                e.addSuppressed(later);
            }
            throw e;
        }
        return installation;
    }

    /// A new one that was never up.
    static Installation create() {
        return create(Map.of());
    }

    /// @param settings environment of its services
    static Installation create(Map<String, String> settings) {
        var root = Path.of(System.getProperty("wrenn.root", "../..")).toAbsolutePath().normalize();
        try {
            var directory = Files.createTempDirectory("wrenn-system-").toRealPath();
            return new Installation(directory, freePort(), new Cli(root), settings);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    Cli.Result up(Duration limit) {
        return upListening(limit, "127.0.0.1");
    }

    /// @param address that the API listens on
    Cli.Result upListening(Duration limit, String address) {
        return run(limit, "up", "--detach", "--port", Integer.toString(port), "--listen", address)
                .ok();
    }

    Cli.Result down() {
        return run(DOWN, "down").ok();
    }

    /// A launcher command on this installation's data directory.
    Cli.Result run(Duration limit, String command, String... arguments) {
        return run(limit, new byte[0], command, arguments);
    }

    Cli.Result run(Duration limit, byte[] input, String command, String... arguments) {
        return cli.run(limit, settings, input, arguments(command, arguments));
    }

    /// The launcher itself, for processes that go on.
    Path launcher() {
        return cli.launcher();
    }

    /// A command with commands of its own, such as `template build`.
    Cli.Result runWords(Duration limit, String... words) {
        var all = new ArrayList<>(List.of(words));
        all.add("--data-dir=" + dataDir);
        return cli.run(limit, settings, new byte[0], all);
    }

    /// As a client anywhere would: by address and key, without the data directory.
    Cli.Result client(byte[] input, String... arguments) {
        var environment =
                Map.of("WRENN_API_URL", api().base().toString(), "WRENN_API_KEY", api().key());
        return cli.run(UP, environment, input, List.of(arguments));
    }

    private List<String> arguments(String command, String... more) {
        var all = new ArrayList<>(List.of(command, "--data-dir", dataDir.toString()));
        all.addAll(List.of(more));
        return all;
    }

    Api api() {
        var credentials = credentials();
        return new Api(
                URI.create(credentials.path("api_url").asString()),
                credentials.path("api_key").asString());
    }

    JsonNode credentials() {
        return JsonMapper.shared().readTree(dataDir.resolve("credentials.json"));
    }

    Path dataDir() {
        return dataDir;
    }

    Footprint footprint() {
        return new Footprint(dataDir);
    }

    /// A part that `up` started: supervisor, postgres, redis, control or agent. From the state that
    /// the supervisor writes; `status --json` says the same, and a second later.
    Proc part(String name) {
        var state = JsonMapper.shared().readTree(dataDir.resolve("run/state.json"));
        long pid = state.path("supervisor").path("pid").asLong(0);
        if (!name.equals("supervisor")) {
            pid = 0;
            for (var part : state.path("parts")) {
                if (part.path("name").asString().equals(name)) pid = part.path("pid").asLong(0);
            }
        }
        assertThat(pid).as("pid of %s in %s", name, state).isPositive();
        return new Proc(pid);
    }

    /// Ends a part as a crash does and waits until another process of it is up. What the dead one
    /// had forked may go on answering for a moment: only then has the fault been seen.
    ///
    /// @param limit how long until the next one is up
    void crash(String name, Duration limit) {
        var old = part(name);
        old.kill();
        Eventually.within(
                limit,
                () -> {
                    assertThat(part(name).pid()).isNotEqualTo(old.pid());
                    assertThat(stateOf(name)).isEqualToIgnoringCase("up");
                });
    }

    private String stateOf(String name) {
        var state = JsonMapper.shared().readTree(dataDir.resolve("run/state.json"));
        for (var part : state.path("parts"))
            if (part.path("name").asString().equals(name)) return part.path("state").asString();
        return "";
    }

    /// The VMM process of a capsule, from the host agent's private record.
    Proc vmm(String capsule) {
        var record = dataDir.resolve("host/sandboxes").resolve(capsule).resolve("record.json");
        var pid = JsonMapper.shared().readTree(record).path("vm").path("pid").asLong(0);
        assertThat(pid).as("VMM pid in %s", record).isPositive();
        return new Proc(pid);
    }

    /// The guest agent of a capsule, directly from its host; the token is in the host agent's
    /// private record.
    RawEnvd envd(String capsule) {
        var file = dataDir.resolve("host/sandboxes").resolve(capsule).resolve("record.json");
        var record = JsonMapper.shared().readTree(file);
        int slot = record.path("slot").asInt(0);
        assertThat(slot).as("slot in %s", file).isPositive();
        // Slot i answers at 10.11.0.0 + i (spec 10).
        var address = "10.11." + (slot >> 8) + "." + (slot & 255);
        return new RawEnvd("http://" + address + ":49983", record.path("token").asString());
    }

    /// Takes it down and fails when anything of it is left on the machine.
    @Override
    public void close() {
        var slots = footprint().slots();
        down();
        var left = footprint();
        assertThat(left.processes()).as("processes").extracting(Proc::command).isEmpty();
        assertThat(left.mounts()).as("mounts").isEmpty();
        assertThat(left.sockets()).as("sockets").isEmpty();
        assertThat(left.slots()).as("claimed slots").isEmpty();
        // A slot that is free may by now belong to another installation.
        slots.removeIf(slot -> Files.exists(Path.of("/run/wrenn/slots/" + slot)));
        assertThat(Footprint.networkOf(slots)).as("network").isEmpty();
        delete();
    }

    private void delete() {
        try (var files = Files.walk(dataDir)) {
            for (var file : files.sorted(Comparator.reverseOrder()).toList()) Files.delete(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static int freePort() throws IOException {
        try (var socket = new ServerSocket(0)) {
            return socket.getLocalPort();
        }
    }
}
