package dev.wrenn.tests.system;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/// A fleet on one machine: the host of `up` and two more agents, each in a network namespace of its
/// own, with real VMs. An agent is killed, a host is cut off by dropping packets, hosts are
/// removed.
class FleetVmTest {
    private static final Duration SOON = Duration.ofSeconds(90);
    private static final int AGENTS = 2;
    private static final int AGENT_PORT = 9443;

    private final List<Machine> machines = new ArrayList<>();
    private Installation wrenn;
    private Api api;
    private Api admin;
    private int port;

    @BeforeEach
    void up() throws Exception {
        wrenn =
                Installation.create(
                        Map.of(
                                "WRENN_CP_HOST_SILENCE", "12s",
                                "WRENN_CP_HOST_MONITOR", "1s",
                                "WRENN_WAITING_VMS", "off"));
        wrenn.upListening(Installation.FIRST_UP, "0.0.0.0");
        api = wrenn.api();
        port = api.base().getPort();
        admin = api.signIn(wrenn.credentials());
        for (int i = 1; i <= AGENTS; i++) machines.add(new Machine(i));
    }

    @AfterEach
    void down() {
        for (var machine : machines) machine.end();
        wrenn.close();
    }

    /// One host: a namespace, a directory, an agent and a pager.
    private final class Machine {
        final String id;
        private final String namespace;
        private final Path directory;
        private final Path token;
        private final String control;
        private final String address;
        private final Process pager;
        private Process agent;

        Machine(int number) throws IOException {
            namespace = "wrenn-fleet-" + number;
            var net = "10.213." + number + ".";
            control = "http://" + net + "1:" + port;
            address = net + "2:" + AGENT_PORT;
            Cli.system("ip", "netns", "add", namespace);
            Cli.system(
                    "ip", "link", "add", link(), "type", "veth", "peer", "name", "up0", "netns",
                    namespace);
            Cli.system("ip", "addr", "add", net + "1/30", "dev", link());
            Cli.system("ip", "link", "set", link(), "up");
            Cli.system("ip", "-n", namespace, "link", "set", "lo", "up");
            Cli.system("ip", "-n", namespace, "addr", "add", net + "2/30", "dev", "up0");
            Cli.system("ip", "-n", namespace, "link", "set", "up0", "up");
            Cli.system("ip", "-n", namespace, "route", "add", "default", "via", net + "1");
            // On the same volume, so that images are shared with the first host.
            directory = wrenn.dataDir().resolve("host/fleet-" + number);
            Files.createDirectories(directory);
            for (var part : List.of("kernels", "images", "lib"))
                Cli.system(
                        "cp",
                        "-a",
                        "--reflink=auto",
                        wrenn.dataDir().resolve("host").resolve(part).toString(),
                        directory.toString());
            var made = admin.post("/v1/hosts", "{\"type\":\"regular\"}").expect(201);
            id = made.text("host", "id");
            token = directory.resolve("token");
            Files.createFile(
                    token,
                    PosixFilePermissions.asFileAttribute(
                            PosixFilePermissions.fromString("rw-------")));
            Files.writeString(token, made.text("registration_token"));
            pager = launch("pager");
            agent =
                    launch(
                            "agent",
                            "--register",
                            "@" + token,
                            "--address",
                            address,
                            "--control-plane",
                            control);
        }

        private String link() {
            return namespace.replace("wrenn-", "w-");
        }

        private Process launch(String... arguments) throws IOException {
            var command =
                    new ArrayList<>(
                            List.of("ip", "netns", "exec", namespace, wrenn.launcher().toString()));
            command.addAll(List.of(arguments));
            var builder = new ProcessBuilder(command);
            builder.environment()
                    .putAll(
                            Map.of(
                                    "WRENN_DIR", directory.toString(),
                                    "WRENN_RAMSHIM",
                                            directory.resolve("lib/libramshim.so").toString(),
                                    "WRENN_SLOT_POOL", "2",
                                    "WRENN_WAITING_VMS", "off",
                                    "WRENN_HOST_HEARTBEAT", "1s",
                                    "WRENN_HOST_GRACE", "15s"));
            var log = directory.resolve(arguments[0] + ".log").toFile();
            return builder.redirectErrorStream(true)
                    .redirectOutput(ProcessBuilder.Redirect.appendTo(log))
                    .start();
        }

        /// As after a crash: with what it kept.
        void again() throws IOException {
            agent = launch("agent", "--address", address, "--control-plane", control);
        }

        void kill() throws InterruptedException {
            agent.destroyForcibly();
            assertThat(agent.waitFor(10, TimeUnit.SECONDS)).isTrue();
        }

        /// No packet passes, and nobody is told.
        void cut() {
            Cli.system("nft", "add", "table", "inet", table());
            for (var hook : List.of("input", "output"))
                Cli.system(
                        "nft",
                        "add",
                        "chain",
                        "inet",
                        table(),
                        hook,
                        "{ type filter hook " + hook + " priority -10; }");
            Cli.system("nft", "add", "rule", "inet", table(), "input", "iifname", link(), "drop");
            Cli.system("nft", "add", "rule", "inet", table(), "output", "oifname", link(), "drop");
        }

        void heal() {
            Cli.system("nft", "delete", "table", "inet", table());
        }

        private String table() {
            return namespace.replace('-', '_');
        }

        boolean ended() throws InterruptedException {
            return agent.waitFor(SOON.toSeconds(), TimeUnit.SECONDS);
        }

        String status() {
            return admin.get("/v1/hosts/" + id).expect(200).text("status");
        }

        List<String> capsules() {
            var ids = new ArrayList<String>();
            admin.get("/v1/hosts/" + id + "/delete-preview")
                    .expect(200)
                    .json()
                    .path("sandbox_ids")
                    .forEach(capsule -> ids.add(capsule.asString()));
            return ids;
        }

        void end() {
            agent.destroy();
            pager.destroy();
            try {
                agent.waitFor(20, TimeUnit.SECONDS);
                pager.waitFor(20, TimeUnit.SECONDS);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
            Cli.system("ip", "link", "del", link());
            Cli.system("ip", "netns", "del", namespace);
        }
    }

    private void await(Machine machine, String status) {
        Eventually.within(SOON, () -> assertThat(machine.status()).isEqualTo(status));
    }

    @Test
    void hostsComeAndGoAndNothingIsLostOrTwice() throws Exception {
        for (var machine : machines) await(machine, "online");
        var first = admin.get("/v1/hosts").expect(200).json().path(0).path("id").asString();
        admin.post("/v1/hosts/" + first + "/drain", "").expect(200);
        Eventually.within(SOON, () -> assertThat(metrics()).contains("wrenn_hosts_ready 3.0"));

        for (int i = 0; i < AGENTS; i++) mark(api.create("{\"memory_mb\":256}"));
        for (var machine : machines) assertThat(machine.capsules()).as("one on each").hasSize(1);
        var one = machines.get(0);
        var two = machines.get(1);
        var killed = one.capsules().getFirst();
        var cut = two.capsules().getFirst();

        one.kill();
        two.cut();
        await(one, "unreachable");
        await(two, "unreachable");
        api.awaitStatus(killed, "missing", SOON);
        api.awaitStatus(cut, "missing", SOON);
        one.again();
        api.awaitStatus(killed, "running", SOON);
        assertMarked(killed);
        // Longer than its grace by now: it has saved what it has, and says so when it can.
        Eventually.within(
                SOON, () -> assertThat(two.directory.resolve("snapshots").resolve(cut)).exists());
        two.heal();
        var paused = api.awaitStatus(cut, "paused", SOON);
        assertThat(paused.at("/metadata/pause_reason").asString()).isEqualTo("isolated");
        api.post("/v1/capsules/" + cut + "/resume", "").expect(200);
        api.awaitStatus(cut, "running", SOON);
        assertMarked(cut);

        admin.delete("/v1/hosts/" + one.id).error(409, "has_active_sandboxes");
        admin.delete("/v1/hosts/" + one.id + "?force=true").expect(204);
        assertThat(api.status(killed)).isEqualTo("stopped");
        assertThat(one.ended()).as("the agent ends itself").isTrue();
        api.destroy(cut);
        admin.delete("/v1/hosts/" + two.id).expect(204);
        assertThat(two.ended()).as("the agent ends itself").isTrue();
        assertThat(two.directory.resolve("host-credentials.json")).doesNotExist();
        assertThat(wrenn.footprint().processes())
                .extracting(Proc::command)
                .noneMatch(command -> command.contains("qemu"));
    }

    private String metrics() {
        try (var in = api.base().resolve("/metrics").toURL().openStream()) {
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /// Something that only its memory holds.
    private void mark(String id) {
        api.output(id, "mount -t tmpfs none /mnt && echo " + id + " > /mnt/mark");
    }

    private void assertMarked(String id) {
        assertThat(api.output(id, "cat /mnt/mark").strip()).isEqualTo(id);
    }
}
