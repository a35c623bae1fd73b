package dev.wrenn.tests.system;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/// Faults of a fleet, with real VMs: three agents, two of them in network namespaces of their own,
/// and two control planes over one database. After each fault both control planes say the same of
/// every capsule, it is true, and none was lost or runs twice.
///
/// Longer: `-Dwrenn.test.away=180`, the seconds that the control planes are away for, and
/// `-Dwrenn.test.rotations=20`, how often a rotation of what a host proves itself with is cut
/// short.
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class FleetFaultsVmTest {
    private static final Duration SOON = Duration.ofSeconds(90);
    private static final Duration NOTICED = Duration.ofSeconds(10);
    private static final Duration AWAY = Duration.ofSeconds(Long.getLong("wrenn.test.away", 20));
    private static final int ROTATIONS = Integer.getInteger("wrenn.test.rotations", 1);

    /// Of a host's certificate; it is renewed when half of it is over.
    private static final Duration LIFE = Duration.ofSeconds(20);

    private static final Duration WORN = LIFE.dividedBy(2);

    /// Machine one saves what it has when it is on its own, machine two goes on.
    private static final String GRACE = "15s";

    private static final String PATIENT = "1h";

    private final List<FleetMachine> machines = new ArrayList<>();
    private final List<String> made = Collections.synchronizedList(new ArrayList<>());
    private Installation wrenn;
    private SecondPlane second;

    /// Clients of both control planes, and administrators at both.
    private List<Api> apis;

    private List<Api> admins;
    private FleetMachine one;
    private FleetMachine two;
    private String first;

    @BeforeAll
    void up() throws Exception {
        wrenn =
                Installation.create(
                        Map.of(
                                "WRENN_CP_HOST_SILENCE",
                                "6s",
                                "WRENN_CP_HOST_MONITOR",
                                "1s",
                                "WRENN_CP_HOST_CERTIFICATES",
                                LIFE.toSeconds() + "s",
                                "WRENN_WAITING_VMS",
                                "off"));
        wrenn.upListening(Installation.FIRST_UP, "0.0.0.0");
        second = new SecondPlane(wrenn);
        var api = wrenn.api();
        var admin = api.signIn(wrenn.credentials());
        apis = List.of(api, second.api(api.key()));
        admins = List.of(admin, second.api(admin.key()));
        first = admin.get("/v1/hosts").expect(200).json().path(0).path("id").asString();
        tag(admin, first, "first");
        int port = api.base().getPort();
        one = register(0, GRACE, List.of(port, second.port));
        two = register(1, PATIENT, List.of(second.port, port));
        onBoth(_ -> assertThat(hosts(admins.get(0))).containsOnlyKeys(first, one.id, two.id));
        awaitOnline();
    }

    /// At the control plane of that number, which its agent asks first as well.
    private FleetMachine register(int plane, String grace, List<Integer> ports) throws IOException {
        var machine = new FleetMachine(wrenn, admins.get(plane), plane + 1, grace, ports);
        machines.add(machine);
        tag(admins.get(plane), machine.id, plane == 0 ? "one" : "two");
        return machine;
    }

    private static void tag(Api admin, String host, String tag) {
        admin.post("/v1/hosts/" + host + "/tags", "{\"tag\":\"" + tag + "\"}").expect(204);
    }

    @AfterAll
    void down() {
        for (var machine : machines) machine.end();
        try (var _ = wrenn) {
            if (second != null) second.close();
        }
    }

    @AfterEach
    void nothingIsLeft() {
        for (var id : made) awaitVms(id, 0);
    }

    /// Machine one hears no control plane, machine two is not heard by any.
    @Test
    void packetsLostInOneDirectionLoseNoCapsule() throws Exception {
        var ids = create(List.of("one", "one", "one", "two", "two", "two"));
        var saved = ids.get(0);
        var seen = ids.get(1);
        var unwanted = ids.get(2);
        var goesOn = ids.get(3);
        var dies = ids.get(4);
        var asked = ids.get(5);
        one.vmm(seen).kill();
        awaitStatus(seen, "stopped", NOTICED);
        assertThat(cause(seen)).contains("SIGKILL");

        one.loseOrders();
        two.loseReports();
        two.vmm(dies).kill();
        var api = apis.getFirst();
        var pause = Thread.ofVirtual().start(() -> api.post(path(asked) + "/pause", ""));
        awaitHost(one, "unreachable");
        awaitHost(two, "unreachable");
        for (var id : List.of(saved, unwanted, goesOn, dies, asked))
            awaitStatus(id, "missing", SOON);
        // The order arrived, and nobody can say so; machine one has been on its own for too long.
        for (var id : List.of(asked, saved)) awaitVms(id, 0);
        api.destroy(unwanted);
        one.heal();
        two.heal();

        awaitOnline();
        assertTrue(saved, "paused");
        assertThat(get(saved).at("/metadata/pause_reason").asString()).isEqualTo("isolated");
        assertTrue(unwanted, "stopped");
        Eventually.within(SOON, () -> assertThat(image(one, unwanted)).doesNotExist());
        assertTrue(goesOn, "running");
        assertTrue(dies, "stopped");
        assertThat(cause(dies)).contains("SIGKILL");
        assertTrue(asked, "paused");
        for (var id : List.of(saved, asked)) api.post(path(id) + "/resume", "").expect(200);
        for (var id : List.of(saved, asked, goesOn)) assertTrue(id, "running");
        for (var id : List.of(saved, asked, goesOn)) end(id);
        assertThat(pause.join(SOON)).as("the call has ended").isTrue();
    }

    /// Both control planes hang (SIGSTOP). Then one is killed and another process takes its place;
    /// the other one goes on and finds that time has passed.
    @Test
    void hostsAreNotBlamedForControlPlanesThatWereAway() throws Exception {
        var ids = create(List.of("one", "two", "first"));
        var onOne = ids.get(0);
        var onTwo = ids.get(1);
        var onFirst = ids.get(2);
        int marked = marksDown();
        var control = wrenn.part("control");
        control.stop();
        second.process().stop();
        var until = Instant.now().plus(AWAY);
        awaitVms(onOne, 0);
        Eventually.within(AWAY.plus(SOON), () -> assertThat(Instant.now()).isAfter(until));
        control.kill();
        second.process().goOn();

        onBoth(plane -> admins.get(plane).get("/ready").expect(200));
        awaitOnline();
        assertTrue(onOne, "paused");
        assertTrue(onTwo, "running");
        // Its own grace is longer than the control planes are away, unless that was asked for.
        awaitTrue(onFirst);
        assertThat(marksDown()).as("hosts that were said to be down").isEqualTo(marked);
        for (var id : List.of(onOne, onFirst))
            if (get(id).path("status").asString().equals("paused"))
                apis.getFirst().post(path(id) + "/resume", "").expect(200);
        for (var id : List.of(onOne, onTwo, onFirst)) assertTrue(id, "running");
        for (var id : List.of(onOne, onTwo, onFirst)) end(id);
    }

    /// What one does the other one knows; an agent is killed, and another one in the middle of a
    /// rotation.
    @Test
    void twoControlPlanesGiveTheSameAnswers() throws Exception {
        var onOne = createAt(0, "one");
        var onTwo = createAt(1, "two");
        admins.get(1).post("/v1/hosts/" + two.id + "/drain", "").expect(200);
        onBoth(plane ->
                apis.get(plane).post("/v1/capsules", body("two")).error(503, "no_hosts_available"));
        awaitHost(two, "draining");
        admins.get(0).delete("/v1/hosts/" + two.id + "/drain").expect(200);
        awaitHost(two, "online");

        one.kill();
        for (int i = 0; i < ROTATIONS; i++) {
            aRotationWhoseAnswerIsLostIsDoneAgain();
            aRotationThatWasKeptIsUsed();
            assertTrue(onTwo, "running");
        }
        awaitHost(one, "unreachable");
        awaitStatus(onOne, "missing", SOON);
        onBoth(plane ->
                apis.get(plane).exec(onOne, Api.command("true")).error(409, "invalid_state"));
        one.again();
        awaitOnline();
        for (var id : List.of(onOne, onTwo)) assertTrue(id, "running");
        for (var id : List.of(onOne, onTwo)) end(id);
    }

    /// The control plane has made new papers and the agent is killed before it has them.
    private void aRotationWhoseAnswerIsLostIsDoneAgain() throws Exception {
        var issued = awaitWorn();
        two.kill();
        two.loseAnswers();
        var before = certificate();
        two.again();
        Eventually.within(SOON, () -> assertThat(certificate()).isNotEqualTo(before));
        two.kill();
        assertThat(two.issued()).as("it kept nothing").isEqualTo(issued);
        two.heal();
        two.again();
        Eventually.within(SOON, () -> assertThat(two.issued()).isNotEqualTo(issued));
        awaitHost(two, "online");
    }

    /// The agent is killed as soon as the new papers are on its disk, before or while it uses them.
    private void aRotationThatWasKeptIsUsed() throws Exception {
        var issued = awaitWorn();
        long end = System.nanoTime() + SOON.toNanos();
        while (two.issued().equals(issued)) {
            assertThat(System.nanoTime()).as("renewed in time").isLessThan(end);
            LockSupport.parkNanos(500_000);
        }
        two.kill();
        two.again();
        Eventually.within(SOON, () -> assertThat(heartbeat()).isAfter(Instant.parse(two.issued())));
        awaitHost(two, "online");
    }

    /// Until just before what machine two has is renewed.
    private String awaitWorn() {
        return Eventually.within(
                SOON,
                () -> {
                    var issued = two.issued();
                    var worn = Instant.parse(issued).plus(WORN).minusSeconds(1);
                    assertThat(Instant.now()).isAfter(worn);
                    return issued;
                });
    }

    private String certificate() {
        return admins.getFirst()
                .get("/v1/hosts/" + two.id)
                .expect(200)
                .text("certificate_expires_at");
    }

    private Instant heartbeat() {
        return Instant.parse(
                admins.getFirst().get("/v1/hosts/" + two.id).expect(200).text("last_heartbeat_at"));
    }

    /// A check that both control planes have to pass.
    @FunctionalInterface
    private interface OnPlane {
        void run(int plane) throws Exception;
    }

    private void onBoth(OnPlane check) {
        for (int plane : List.of(0, 1)) Eventually.within(SOON, () -> check.run(plane));
    }

    private void awaitHost(FleetMachine machine, String status) {
        onBoth(plane -> assertThat(hosts(admins.get(plane))).containsEntry(machine.id, status));
    }

    private void awaitOnline() {
        onBoth(plane ->
                assertThat(hosts(admins.get(plane)).values())
                        .allMatch(status -> status.equals("online")));
    }

    private static Map<String, String> hosts(Api admin) {
        var hosts = new TreeMap<String, String>();
        for (var host : admin.get("/v1/hosts").expect(200).json())
            hosts.put(host.path("id").asString(), host.path("status").asString());
        return hosts;
    }

    private void awaitStatus(String id, String status, Duration limit) {
        for (var api : apis) api.awaitStatus(id, status, limit);
    }

    /// Both control planes say so, and it is true.
    private void assertTrue(String id, String status) {
        awaitStatus(id, status, SOON);
        awaitTrue(id);
    }

    /// Both control planes say what is true: one VM runs of what is running, with its memory, and
    /// none of anything else.
    private void awaitTrue(String id) {
        onBoth(plane -> {
            var status = apis.get(plane).status(id);
            assertThat(status).isIn("running", "paused", "stopped");
            assertThat(vms(id))
                    .as("VMs of %s, which is %s", id, status)
                    .isEqualTo(status.equals("running") ? 1 : 0);
            if (!status.equals("running")) return;
            assertThat(apis.get(plane).output(id, "cat /dev/shm/mark").strip()).isEqualTo(id);
        });
    }

    private void awaitVms(String id, long count) {
        Eventually.within(SOON, () -> assertThat(vms(id)).isEqualTo(count));
    }

    /// VMM processes that hold files of a capsule. By its id alone: what is left of a file's path
    /// depends on the mounts of the agent that opened it, and that agent may be gone.
    private static long vms(String id) {
        return Proc.all().stream()
                .filter(process -> process.command().contains("qemu-system"))
                .filter(Proc::alive)
                .filter(process ->
                        process.descriptors().stream().anyMatch(f -> f.contains("/" + id + "/")))
                .count();
    }

    /// At once: on the hosts with these tags.
    private List<String> create(List<String> tags) throws Exception {
        try (var client = Executors.newVirtualThreadPerTaskExecutor()) {
            var each = new ArrayList<Future<String>>();
            for (var tag : tags) each.add(client.submit(() -> createAt(0, tag)));
            var ids = new ArrayList<String>();
            for (var id : each) ids.add(id.get());
            return ids;
        }
    }

    /// On the host with this tag as soon as it has reported, and with a mark in its memory.
    private String createAt(int plane, String tag) {
        var api = apis.get(plane);
        var reply = Eventually.within(SOON, () -> api.post("/v1/capsules", body(tag)).expect(201));
        var id = reply.text("id");
        made.add(id);
        api.awaitStatus(id, "running", SOON);
        api.output(id, "echo " + id + " > /dev/shm/mark");
        return id;
    }

    private static String body(String tag) {
        return "{\"memory_mb\":256,\"host_tags\":[\"" + tag + "\"]}";
    }

    private void end(String id) {
        apis.getFirst().destroy(id);
        assertTrue(id, "stopped");
    }

    private static String path(String id) {
        return "/v1/capsules/" + id;
    }

    private tools.jackson.databind.JsonNode get(String id) {
        return apis.getFirst().get(path(id)).expect(200).json();
    }

    private String cause(String id) {
        return get(id).path("cause").asString();
    }

    private static Path image(FleetMachine machine, String id) {
        return machine.directory().resolve("snapshots").resolve(id);
    }

    private int marksDown() {
        return admins.getFirst()
                .get("/v1/admin/audit-logs?resource_type=host&action=marked_down&limit=200")
                .expect(200)
                .json()
                .path("items")
                .size();
    }
}
