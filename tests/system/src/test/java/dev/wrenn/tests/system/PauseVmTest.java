package dev.wrenn.tests.system;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/// Capsules that stop with everything in memory and go on later, on the same machine.
@ExtendWith(Shared.class)
class PauseVmTest {
    private static final Duration SOON = Duration.ofSeconds(30);
    private static final double CLOCK_ERROR_S = 0.1;
    private static final int LIVES = 100;

    /// A process with a buffer in memory of which it knows the sum, and a counter.
    private static final String PROGRAM =
            """
            cat >/tmp/p.py <<'END'
            import hashlib, os, time
            buffer = os.urandom(4 << 20)
            digest = hashlib.sha256(buffer).hexdigest()
            n = 0
            while True:
                n += 1
                same = hashlib.sha256(buffer).hexdigest() == digest
                with open("/dev/shm/state.new", "w") as f: f.write(f"{n} {same}")
                os.rename("/dev/shm/state.new", "/dev/shm/state")
                time.sleep(0.05)
            END
            setsid python3 /tmp/p.py >/dev/null 2>&1 &
            while ! test -s /dev/shm/state; do sleep 0.05; done
            """;

    private final Installation wrenn;
    private final Api api;

    PauseVmTest(Installation wrenn) {
        this.wrenn = wrenn;
        this.api = wrenn.api();
    }

    @Test
    void everythingInMemoryGoesOn() {
        var id = api.create();
        api.output(id, PROGRAM);
        api.output(id, "echo unsynced >/root/file; head -c 1000000 /dev/zero >/dev/shm/zeros");
        long before = count(id);
        var paused = pause(id).expect(200);
        assertThat(paused.text("status")).isEqualTo("paused");
        assertThat(wrenn.footprint().processes())
                .noneMatch(process -> process.command().contains(id));
        api.exec(id, Api.command("true")).error(409, "invalid_state");
        post(id, "pause").error(409, "invalid_state");
        post(id, "ping").error(409, "invalid_state");
        assertThat(api.list()).contains(id);
        resume(id);
        assertThat(count(id)).isGreaterThanOrEqualTo(before);
        long now = count(id);
        Eventually.within(SOON, () -> assertThat(count(id)).isGreaterThan(now));
        assertThat(api.output(id, "cat /root/file; wc -c </dev/shm/zeros"))
                .isEqualTo("unsynced\n1000000\n");
        assertClock(id);
        post(id, "resume").error(409, "invalid_state");
        api.destroy(id);
    }

    /// Many lives, in each of which some memory changes, some becomes zero, and all is compared.
    @Test
    void nothingIsLostOverManyLives() {
        var random = new Random(7);
        var id = api.create();
        api.output(id, "mkdir /dev/shm/d; touch /dev/shm/sums");
        for (int life = 0; life < LIVES; life++) {
            int file = random.nextInt(4);
            var source = random.nextInt(3) == 0 ? "/dev/zero" : "/dev/urandom";
            api.output(
                    id,
                    "head -c %d %s >/dev/shm/d/%d; echo %d >>/root/log; cd /dev/shm/d; sha256sum * >/dev/shm/sums"
                            .formatted(1 + random.nextInt(3 << 20), source, file, life));
            pause(id).expect(200);
            resume(id);
            assertThat(
                            api.output(
                                    id,
                                    "cd /dev/shm/d && sha256sum --quiet -c /dev/shm/sums; wc -l </root/log"))
                    .as("life %d", life)
                    .isEqualTo((life + 1) + "\n");
        }
        api.destroy(id);
    }

    @Test
    void aSnapshotKeepsItsCapsuleRunningAndClonesAreTheirOwn() {
        var id = api.create();
        api.output(id, PROGRAM);
        api.output(id, "echo shared >/dev/shm/marker");
        var made = api.post("/v1/snapshots", body(id, "tools")).expect(201);
        assertThat(made.text("name")).isEqualTo("tools");
        assertThat(made.text("type")).isEqualTo("snapshot");
        assertThat(api.status(id)).isEqualTo("running");
        long now = count(id);
        Eventually.within(SOON, () -> assertThat(count(id)).isGreaterThan(now));
        api.post("/v1/snapshots", body(id, "tools")).error(409, "template_name_taken");
        api.output(id, "echo newer >/dev/shm/marker");
        api.post("/v1/snapshots?overwrite=true", body(id, "tools")).expect(201);
        api.destroy(id);

        var clones =
                List.of(
                        api.create("{\"template\":\"tools\",\"vcpus\":4,\"memory_mb\":2048}"),
                        api.create("{\"template\":\"tools\"}"));
        var identities = new HashSet<String>();
        for (var clone : clones) {
            assertThat(api.output(clone, "cat /dev/shm/marker")).isEqualTo("newer\n");
            assertThat(api.output(clone, "nproc; echo $WRENN_SANDBOX_ID"))
                    .isEqualTo("1\n" + clone + "\n");
            var object = api.get("/v1/capsules/" + clone).expect(200).json();
            assertThat(object.path("memory_mb").asInt()).isEqualTo(512);
            identities.add(api.output(clone, "cat /etc/machine-id"));
            identities.add(api.output(clone, "head -c 16 /dev/urandom | od -An -tx1"));
            assertClock(clone);
        }
        assertThat(identities).hasSize(4);
        api.delete("/v1/snapshots/tools").expect(204);
        api.delete("/v1/snapshots/tools").error(404, "not_found");
        api.post("/v1/capsules", "{\"template\":\"tools\"}").error(404, "not_found");
        for (var clone : clones) { // their files are their own
            pause(clone).expect(200);
            resume(clone);
            assertThat(api.output(clone, "cat /dev/shm/marker")).isEqualTo("newer\n");
            api.destroy(clone);
        }
        Eventually.within(SOON, () -> assertThat(templates()).isEmpty());
    }

    @Test
    void anIdleCapsulePausesItselfAndABusyOneDoesNot() {
        var idle = api.create("{\"timeout_sec\":2}");
        var busy = api.create("{\"timeout_sec\":2}");
        var worker = Executors.newVirtualThreadPerTaskExecutor();
        try (worker) {
            var command = worker.submit(() -> api.output(busy, "sleep 8; echo done"));
            api.awaitStatus(idle, "paused", SOON);
            assertThat(command.get()).isEqualTo("done\n");
        } catch (Exception e) {
            throw new AssertionError(e);
        }
        resume(idle);
        assertThat(api.output(idle, "echo back")).isEqualTo("back\n");
        api.destroy(idle);
        api.destroy(busy);
    }

    @Test
    void ofTwoPausesAtOnceOneWins() throws Exception {
        var id = api.create();
        try (var both = Executors.newVirtualThreadPerTaskExecutor()) {
            Callable<Integer> pause = () -> pause(id).status();
            var answers = new java.util.ArrayList<Integer>();
            for (var answer : both.invokeAll(List.of(pause, pause))) answers.add(answer.get());
            assertThat(answers).containsExactlyInAnyOrder(200, 409);
        }
        resume(id);
        api.destroy(id);
    }

    /// Fault: a byte of the saved memory flips.
    @Test
    void aDamagedImageIsSaidAndKept() throws IOException {
        var id = api.create();
        pause(id).expect(200);
        var images = wrenn.dataDir().resolve("host/snapshots").resolve(id);
        Path memory;
        try (var files = Files.walk(images)) {
            memory = files.filter(f -> f.endsWith("memfile")).findFirst().orElseThrow();
        }
        flip(memory);
        var answer = post(id, "resume");
        assertThat(answer.status()).isIn(200, 502);
        var capsule = api.awaitStatus(id, "error", SOON);
        assertThat(capsule.path("cause").asString()).contains("damaged");
        assertThat(memory).exists();
        api.destroy(id);
        assertThat(memory).doesNotExist();
    }

    /// Fault: the agent is killed at random moments around a pause and a resume.
    @Test
    void aKilledAgentLosesNoCapsule() {
        var random = new Random(11);
        var id = api.create();
        api.output(id, "echo kept >/dev/shm/marker");
        for (int round = 0; round < 4; round++) {
            boolean pausing = round % 2 == 0;
            try (var client = Executors.newVirtualThreadPerTaskExecutor()) {
                client.submit(() -> pausing ? pause(id) : post(id, "resume"));
                LockSupport.parkNanos(random.nextInt(150) * 1_000_000L); // where the kill hits
                wrenn.part("agent").kill();
            }
            Eventually.within(SOON, () -> assertThat(api.status(id)).isIn("running", "paused"));
            Eventually.within(
                    Duration.ofSeconds(60),
                    () -> {
                        if (api.status(id).equals("paused")) post(id, "resume");
                        assertThat(api.output(id, "cat /dev/shm/marker")).isEqualTo("kept\n");
                    });
            if (!pausing) continue;
            Eventually.within(
                    Duration.ofSeconds(60), () -> assertThat(pause(id).status()).isIn(200));
        }
        api.destroy(id);
    }

    @Test
    void manyAtOnceAllRun() throws Exception {
        try (var workers = Executors.newVirtualThreadPerTaskExecutor()) {
            Callable<String> create = () -> api.create("{\"memory_mb\":256}");
            api.destroy(create.call()); // leaves the warm image
            var ids = new HashSet<String>();
            var randoms = new HashSet<String>();
            for (var done :
                    workers.invokeAll(IntStream.range(0, 20).mapToObj(_ -> create).toList()))
                ids.add(done.get());
            assertThat(ids).hasSize(20);
            for (var id : ids) randoms.add(firstRandom(id));
            for (var id : ids) api.destroy(id);
            for (int i = 0; i < 30; i++) {
                var id = create.call();
                randoms.add(firstRandom(id));
                api.destroy(id);
            }
            assertThat(randoms).hasSize(50); // all began with the same image
        }
    }

    private String firstRandom(String id) {
        return api.output(id, "head -c 16 /dev/urandom | od -An -tx1");
    }

    /// Files of teams; the platform has layers of builds that others made.
    private List<Path> templates() throws IOException {
        var teams = wrenn.dataDir().resolve("host/images/teams");
        if (!Files.isDirectory(teams)) return List.of();
        var platform = teams.resolve("0".repeat(25));
        try (var files = Files.walk(teams)) {
            return files.filter(Files::isRegularFile)
                    .filter(file -> !file.startsWith(platform))
                    .toList();
        }
    }

    private static void flip(Path file) throws IOException {
        try (var channel =
                Files.newByteChannel(file, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
            var page = ByteBuffer.allocate(4096);
            while (channel.read(page) > 0) { // the first page that holds anything
                for (int i = 0; i < page.position(); i++) {
                    if (page.get(i) == 0) continue;
                    channel.position(channel.position() - page.position() + i);
                    channel.write(ByteBuffer.wrap(new byte[] {(byte) (page.get(i) ^ 1)}));
                    return;
                }
                page.clear();
            }
            throw new AssertionError("nothing but zeros: " + file);
        }
    }

    private long count(String id) {
        var words = api.output(id, "cat /dev/shm/state").split(" ");
        assertThat(words[1]).as("the buffer's sum").isEqualTo("True");
        return Long.parseLong(words[0]);
    }

    private void assertClock(String id) {
        double before = System.currentTimeMillis() / 1000.0;
        double guest = Double.parseDouble(api.output(id, "date +%s.%N").strip());
        double after = System.currentTimeMillis() / 1000.0;
        assertThat(guest).isBetween(before - CLOCK_ERROR_S, after + CLOCK_ERROR_S);
    }

    private Api.Reply pause(String id) {
        return post(id, "pause");
    }

    private void resume(String id) {
        post(id, "resume").expect(200);
        api.awaitStatus(id, "running", SOON);
    }

    private Api.Reply post(String id, String what) {
        return api.post("/v1/capsules/" + id + "/" + what, "");
    }

    private static String body(String id, String name) {
        return "{\"sandbox_id\":\"" + id + "\",\"name\":\"" + name + "\"}";
    }
}
