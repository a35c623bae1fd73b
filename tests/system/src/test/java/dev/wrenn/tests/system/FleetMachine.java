package dev.wrenn.tests.system;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/// One host: a namespace, a directory, an agent and a pager.
final class FleetMachine {
    private static final Duration SOON = Duration.ofSeconds(90);
    private static final String GRACE = "15s";
    private static final int AGENT_PORT = 9443;

    /// Bytes: acknowledgements and what opens a connection are shorter, answers of the API longer.
    private static final int SMALL = 100;

    final String id;
    private final Installation wrenn;
    private final Api admin;
    private final String namespace;
    private final Path directory;
    private final Path token;
    private final String control;
    private final String grace;
    private final String address;
    private final Process pager;
    private Process agent;
    private boolean dropping;

    /// Makes it a host of a fleet and starts its agent.
    ///
    /// @param admin may add hosts
    FleetMachine(Installation wrenn, Api admin, int number) throws IOException {
        this(wrenn, admin, number, GRACE, List.of(admin.base().getPort()));
    }

    /// @param grace after which it saves its capsules when it hears no control plane, such as `15s`
    /// @param planes ports of control planes, in the order in which the agent asks them
    FleetMachine(Installation wrenn, Api admin, int number, String grace, List<Integer> planes)
            throws IOException {
        this.wrenn = wrenn;
        this.grace = grace;
        this.admin = admin;
        namespace = "wrenn-fleet-" + number;
        var net = "10.213." + number + ".";
        control =
                planes.stream()
                        .map(port -> "http://" + net + "1:" + port)
                        .collect(Collectors.joining(","));
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
                PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
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
                                "WRENN_DIR",
                                directory.toString(),
                                "WRENN_VMJAIL",
                                directory.resolve("lib/vmjail").toString(),
                                "WRENN_RAMSHIM",
                                directory.resolve("lib/libramshim.so").toString(),
                                "WRENN_SLOT_POOL",
                                "2",
                                "WRENN_WAITING_VMS",
                                "off",
                                "WRENN_HOST_HEARTBEAT",
                                "1s",
                                "WRENN_HOST_GRACE",
                                grace));
        var log = directory.resolve(arguments[0] + ".log").toFile();
        return builder.redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.appendTo(log))
                .start();
    }

    /// What the agent keeps.
    Path directory() {
        return directory;
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
        loseReports();
        loseOrders();
    }

    /// What the agent sends does not arrive: its calls, and its answers to control planes.
    void loseReports() {
        drop("input", "iifname", link());
    }

    /// What control planes send does not arrive: their orders, and their answers to the agent.
    void loseOrders() {
        drop("output", "oifname", link());
    }

    /// Control planes get what the agent asks, and it never gets an answer.
    void loseAnswers() {
        drop("output", "oifname", link(), "meta", "length", ">", Integer.toString(SMALL));
    }

    /// What control planes send comes no faster, as over a long way.
    ///
    /// @param rate as tc(8) has it, such as `40mbit`
    void slow(String rate) {
        Cli.system(
                "tc", "qdisc", "replace", "dev", link(), "root", "tbf", "rate", rate, "burst",
                "64kb", "latency", "400ms");
    }

    void fast() {
        Cli.system("tc", "qdisc", "del", "dev", link(), "root");
    }

    private void drop(String hook, String... packets) {
        dropping = true;
        Cli.system("nft", "add", "table", "inet", table());
        Cli.system(
                "nft",
                "add",
                "chain",
                "inet",
                table(),
                hook,
                "{ type filter hook " + hook + " priority -10; }");
        var rule = new ArrayList<>(List.of("nft", "add", "rule", "inet", table(), hook));
        rule.addAll(List.of(packets));
        rule.add("drop");
        Cli.system(rule.toArray(String[]::new));
    }

    void heal() {
        if (!dropping) return;
        dropping = false;
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

    /// The VMM process of a capsule, from the agent's private record.
    Proc vmm(String capsule) {
        var pid = json("sandboxes/" + capsule + "/record.json").path("vm").path("pid").asLong(0);
        assertThat(pid).as("pid of the VMM of %s", capsule).isPositive();
        return new Proc(pid);
    }

    /// When the agent got what it proves itself with, as text.
    String issued() {
        return json("host-credentials.json").path("issued_at").asString();
    }

    private JsonNode json(String file) {
        return JsonMapper.shared().readTree(directory.resolve(file));
    }

    void end() {
        heal();
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
