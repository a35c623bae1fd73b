package dev.wrenn.tests.system;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Predicate;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/// A host starts a template that it has never seen before all of it is here: real VMs on the host
/// of `up`, which made the template, and for each test on one more that is given it chunk by chunk.
/// Every create is a cold boot.
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class ArrivingVmTest {
    private static final Duration SOON = Duration.ofMinutes(3);

    /// SHA-256 and name of each file of a guest's disk; fails when one cannot be read.
    private static final String FILES =
            "cd / && find . -xdev -type f -print0 | sort -z | xargs -0 sha256sum";

    private static final int READ_ALL = 85; // seconds

    /// What envd writes for each capsule; all else is the template's.
    private static final String OWN = "./etc/machine-id";

    private static final int FIRST_NUMBER = 4;
    private static final int TESTS = 3;

    private final List<FleetMachine> machines = new ArrayList<>();
    private final Deque<FleetMachine> unused = new ArrayDeque<>();
    private Installation wrenn;
    private Api api;
    private Api admin;
    private String first;
    private FleetMachine machine;

    /// Of the template, as the host that made it shows them.
    private Map<String, String> sums;

    @BeforeAll
    void up(@TempDir Path here) throws Exception {
        wrenn =
                Installation.create(
                        Map.of(
                                "WRENN_CP_HOST_SILENCE", "60s",
                                "WRENN_CP_HOST_MONITOR", "1s",
                                "WRENN_WAITING_VMS", "off",
                                "WRENN_WARM", "off"));
        wrenn.upListening(Installation.FIRST_UP, "0.0.0.0");
        api = wrenn.api();
        admin = api.signIn(wrenn.credentials());
        first = admin.get("/v1/hosts").expect(200).json().path(0).path("id").asString();
        for (int i = 0; i < TESTS; i++) add(FIRST_NUMBER + i);
        for (var one : machines) {
            Eventually.within(SOON, () -> assertThat(one.status()).isEqualTo("online"));
            drain(one.id, true);
        }
        build(here);
        var capsule = create();
        sums = files(capsule.id);
        assertThat(sums).hasSizeGreaterThan(5000).containsKeys("./opt/own", OWN);
        api.destroy(capsule.id);
    }

    // Before the template is made: a new host begins with the images of the first one.
    private void add(int number) throws IOException {
        machines.add(new FleetMachine(wrenn, admin, number, "2m", List.of(admin.base().getPort())));
        unused.add(machines.getLast());
    }

    @BeforeEach
    void take() {
        machine = unused.remove();
    }

    /// Nothing but the host of this test is asked from now on.
    private void onlyFar() {
        drain(machine.id, false);
        drain(first, true);
    }

    @AfterEach
    void aside() {
        drain(machine.id, true);
        drain(first, false);
    }

    @AfterAll
    void down() {
        for (var one : machines) one.end();
        if (wrenn != null) wrenn.close();
    }

    private void drain(String host, boolean aside) {
        if (aside) admin.post("/v1/hosts/" + host + "/drain", "").expect(200);
        else admin.delete("/v1/hosts/" + host + "/drain").expect(200);
    }

    /// A template that is only a disk: all of `minimal`, and something of its own.
    private void build(Path here) throws IOException {
        var recipe = here.resolve("far.recipe");
        Files.write(recipe, List.of("RUN head -c 32M /dev/urandom > /opt/own"));
        wrenn.runWords(SOON, "login").ok();
        wrenn.runWords(
                        SOON,
                        "template",
                        "build",
                        "--skip-pre-post",
                        "--name",
                        "far",
                        "-f",
                        recipe.toString())
                .ok();
        var objects = wrenn.dataDir().resolve("objects/templates");
        Eventually.within(SOON, () -> assertThat(published(objects)).isTrue());
    }

    /// Also the template of the build, whose owner is not the platform.
    private static boolean published(Path objects) throws IOException {
        try (var all = Files.walk(objects)) {
            return all.filter(file -> file.toString().contains("/manifests/"))
                    .filter(Files::isRegularFile)
                    .anyMatch(file -> !file.toString().contains("/00000000-"));
        }
    }

    private record Made(String id, long millis) {}

    private Made create() {
        return create("far");
    }

    private Made create(String template) {
        var began = new AtomicLong();
        var made =
                Eventually.within(
                        SOON, // a host that is set aside no more is seen a little later
                        () -> {
                            began.set(System.nanoTime());
                            var body = "{\"template\":\"" + template + "\"}";
                            return api.post("/v1/capsules", body).expect(201).text("id");
                        });
        api.awaitStatus(made, "running", SOON);
        return new Made(made, (System.nanoTime() - began.get()) / 1_000_000);
    }

    private List<JsonNode> said(String words) throws IOException {
        var lines = new ArrayList<JsonNode>();
        var log =
                Files.readString(machine.directory().resolve("agent.log"), StandardCharsets.UTF_8);
        for (var line : log.lines().toList())
            if (line.startsWith("{") && line.contains(words))
                lines.add(JsonMapper.shared().readTree(line));
        return lines;
    }

    private static long number(JsonNode line, String key) {
        for (var pair : line.path("kvpList"))
            if (pair.has(key)) return Long.parseLong(pair.path(key).asString());
        throw new AssertionError("no " + key + " in " + line);
    }

    private Map<String, String> files(String id) {
        var body = Api.command("/bin/sh", "-c", FILES).put("timeout_sec", READ_ALL);
        var reply = api.exec(id, body).expect(200);
        assertThat(reply.json().path("exit_code").asInt(-1))
                .as("%s", reply.text("stderr"))
                .isZero();
        return parsed(reply.text("stdout"));
    }

    private static Map<String, String> parsed(String sums) {
        var files = new TreeMap<String, String>();
        for (var line : sums.lines().toList()) files.put(line.substring(66), line.substring(0, 64));
        return files;
    }

    /// Names of files that one has and the other has not, or has with other bytes.
    private static Set<String> differing(Map<String, String> one, Map<String, String> other) {
        var names = new TreeSet<String>();
        one.forEach((name, sum) -> {
            if (!sum.equals(other.get(name))) names.add(name);
        });
        for (var name : other.keySet()) if (!one.containsKey(name)) names.add(name);
        return names;
    }

    private boolean whole(Made capsule) throws IOException {
        return said("all of its disk is here").stream().anyMatch(of(capsule));
    }

    private static Predicate<JsonNode> of(Made capsule) {
        return line -> line.toString().contains(capsule.id);
    }

    /// What a host does for its first capsule of all is not what is compared. This one's template
    /// is there.
    private void firstOfAll() {
        var capsule = create("minimal");
        assertThat(machine.capsules()).containsExactly(capsule.id);
        api.destroy(capsule.id);
    }

    @Test
    void aHostStartsWhatItHasNeverSeenWithAPartOfIt() throws Exception {
        var local = create();
        assertThat(differing(files(local.id), sums)).as("on one host").isEqualTo(Set.of(OWN));
        api.destroy(local.id);
        onlyFar();
        firstOfAll();
        var far = create();
        assertThat(machine.capsules()).containsExactly(far.id);
        var arrived =
                Eventually.within(
                        SOON,
                        () ->
                                said("runs while its template arrives").stream()
                                        .filter(of(far))
                                        .findFirst()
                                        .orElseThrow());
        long fetched = number(arrived, "fetched");
        long of = number(arrived, "of");
        System.err.printf(
                "arriving: fetched=%d of=%d share=%.1f%% far_ms=%d local_ms=%d ratio=%.2f%n",
                fetched,
                of,
                100.0 * fetched / of,
                far.millis,
                local.millis,
                (double) far.millis / local.millis);
        assertThat(of).isGreaterThan(100L << 20);
        assertThat(fetched).isPositive().isLessThanOrEqualTo(of * 3 / 10);
        assertThat(far.millis).isLessThanOrEqualTo(2 * local.millis);
        assertThat(differing(files(far.id), sums)).isEqualTo(Set.of(OWN));

        Eventually.within(SOON, () -> assertThat(whole(far)).isTrue());
        api.output(far.id, "echo disk > /root/mark && sync");
        api.post("/v1/capsules/" + far.id + "/pause", "").expect(200);
        api.awaitStatus(far.id, "paused", SOON);
        Eventually.within(
                SOON, () -> api.post("/v1/capsules/" + far.id + "/resume", "").expect(200));
        api.awaitStatus(far.id, "running", SOON);
        assertThat(differing(files(far.id), sums)).isEqualTo(Set.of(OWN, "./root/mark"));
        var next = create();
        assertThat(differing(files(next.id), sums)).isEqualTo(Set.of(OWN));
        assertThat(machine.capsules()).contains(next.id);
        assertThat(said("runs while its template arrives"))
                .as("a template like others")
                .noneMatch(of(next));
        assertThat(machine.directory().resolve("arriving")).isEmptyDirectory();
        for (var id : List.of(far.id, next.id)) api.destroy(id);
    }

    /// Faults, while the guest waits for what is not here: the control plane cannot be reached for
    /// some seconds; the agent is killed; a capsule is destroyed. Then a pause, which waits.
    @Test
    void aGuestThatWaitsGoesOnAfterFaults() throws Exception {
        onlyFar();
        machine.slow("60mbit");
        var far = create();
        var other = create();
        assertThat(machine.capsules()).contains(far.id, other.id);
        var reading = "(" + FILES + ") > /tmp/sums 2> /tmp/wrong; echo $? > /tmp/done";
        api.output(far.id, "(" + reading + ") > /dev/null 2>&1 & echo");
        machine.cut();
        assertThat(whole(far)).as("there is something to wait for").isFalse();
        Eventually.within(SOON, () -> assertThat(said("does not go on arriving")).isNotEmpty());
        machine.kill();
        machine.again();
        Eventually.within(SOON, () -> assertThat(said("its disk is served again")).hasSize(2));
        machine.heal();
        Eventually.within(SOON, () -> assertThat(machine.status()).isEqualTo("online"));
        assertThat(whole(far)).isFalse();
        api.awaitStatus(other.id, "running", SOON);
        api.destroy(other.id);
        machine.fast();
        api.awaitStatus(far.id, "running", SOON);
        Eventually.within(
                SOON,
                () -> assertThat(api.output(far.id, "cat /tmp/done /tmp/wrong")).isEqualTo("0\n"));
        assertThat(differing(parsed(api.output(far.id, "cat /tmp/sums")), sums))
                .isEqualTo(Set.of(OWN));
        Eventually.within(
                SOON, () -> api.post("/v1/capsules/" + far.id + "/pause", "").expect(200));
        api.awaitStatus(far.id, "paused", SOON);
        assertThat(machine.directory().resolve("sandboxes").resolve(other.id)).doesNotExist();
    }

    /// Fault: the template is deleted while capsules of it wait for the rest.
    @Test
    @Order(Integer.MAX_VALUE) // no test has the template after this one
    void aTemplateThatIsDeletedMeanwhileIsGivenToTheEnd() throws Exception {
        onlyFar();
        machine.slow("200mbit");
        var far = create();
        assertThat(whole(far)).isFalse();
        api.delete("/v1/snapshots/far").expect(204);
        machine.fast();
        assertThat(differing(files(far.id), sums)).isEqualTo(Set.of(OWN));
        Eventually.within(SOON, () -> assertThat(whole(far)).isTrue());
        Eventually.within(
                SOON, () -> assertThat(machine.directory().resolve("arriving")).isEmptyDirectory());
        api.destroy(far.id);
    }
}
