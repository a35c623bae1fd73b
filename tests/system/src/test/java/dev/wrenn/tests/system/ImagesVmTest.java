package dev.wrenn.tests.system;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/// What a host has saved outlives it: a capsule that was paused on a host whose agent is killed
/// goes on on another, and a template is used on a host that did not make it. Real VMs on the host
/// of `up` and on one more in a network namespace of its own.
class ImagesVmTest {
    private static final Duration SOON = Duration.ofMinutes(4);

    private Installation wrenn;
    private Api api;
    private Api admin;
    private FleetMachine machine;

    @BeforeEach
    void up() throws Exception {
        wrenn =
                Installation.create(
                        Map.of(
                                "WRENN_CP_HOST_SILENCE", "12s",
                                "WRENN_CP_HOST_MONITOR", "1s",
                                "WRENN_WAITING_VMS", "off",
                                "WRENN_WARM", "off"));
        wrenn.upListening(Installation.FIRST_UP, "0.0.0.0");
        api = wrenn.api();
        admin = api.signIn(wrenn.credentials());
        machine = new FleetMachine(wrenn, admin, 3);
    }

    @AfterEach
    void down() {
        if (machine != null) machine.end();
        wrenn.close();
    }

    @Test
    void whatIsSavedOnAHostOutlivesIt() throws Exception {
        Eventually.within(SOON, () -> assertThat(machine.status()).isEqualTo("online"));
        var first = admin.get("/v1/hosts").expect(200).json().path(0).path("id").asString();
        admin.post("/v1/hosts/" + first + "/drain", "").expect(200);
        var id = create("{\"memory_mb\":256}");
        assertThat(machine.capsules()).containsExactly(id);
        api.output(id, "echo memory > /dev/shm/mark && echo disk > /root/mark");
        api.post("/v1/capsules/" + id + "/pause", "").expect(200);
        awaitPublished("capsules/" + id);

        machine.kill();
        admin.delete("/v1/hosts/" + first + "/drain").expect(200);
        Eventually.within(SOON, () -> api.post("/v1/capsules/" + id + "/resume", "").expect(200));
        api.awaitStatus(id, "running", SOON);
        assertThat(machine.capsules()).isEmpty();
        assertMarked(id);

        // The host that is back has the capsule of an earlier life: it is none of its own.
        api.output(id, "echo later > /dev/shm/mark");
        machine.again();
        Eventually.within(SOON, () -> assertThat(machine.status()).isEqualTo("online"));
        var old = machine.directory().resolve("snapshots").resolve(id);
        Eventually.within(SOON, () -> assertThat(old).doesNotExist());
        assertThat(api.output(id, "cat /dev/shm/mark").strip()).isEqualTo("later");

        aTemplateIsUsedWhereItWasNotMade(id, first);

        api.destroy(id);
        Eventually.within(SOON, () -> assertThat(objects("capsules/" + id)).doesNotExist());
        var image = wrenn.dataDir().resolve("host/snapshots").resolve(id);
        Eventually.within(SOON, () -> assertThat(image).doesNotExist());
    }

    private void aTemplateIsUsedWhereItWasNotMade(String id, String first) {
        var body = "{\"sandbox_id\":\"" + id + "\",\"name\":\"travels\"}";
        api.post("/v1/snapshots", body).expect(201);
        awaitPublished("templates");
        admin.post("/v1/hosts/" + first + "/drain", "").expect(200);
        var copy = create("{\"template\":\"travels\"}");
        assertThat(machine.capsules()).containsExactly(copy);
        assertThat(api.output(copy, "cat /dev/shm/mark /root/mark")).isEqualTo("later\ndisk\n");
        var here = wrenn.dataDir().resolve("host/images/teams");
        var there = machine.directory().resolve("images/teams");
        assertThat(files(here)).isNotEmpty();
        assertThat(files(there)).isNotEmpty();

        api.delete("/v1/snapshots/travels").expect(204);
        for (var directory : new Path[] {here, there, objects("templates")})
            Eventually.within(SOON, () -> assertThat(files(directory)).isEmpty());
        assertThat(api.output(copy, "cat /root/mark").strip()).isEqualTo("disk");
        api.destroy(copy);
    }

    /// When a host is ready for it; it may have to be given its template first.
    private String create(String body) {
        var made = Eventually.within(SOON, () -> api.post("/v1/capsules", body).expect(201));
        api.awaitStatus(made.text("id"), "running", SOON);
        return made.text("id");
    }

    private void assertMarked(String id) {
        assertThat(api.output(id, "cat /dev/shm/mark /root/mark")).isEqualTo("memory\ndisk\n");
    }

    private Path objects(String prefix) {
        return wrenn.dataDir().resolve("objects").resolve(prefix);
    }

    private void awaitPublished(String prefix) {
        Eventually.within(
                SOON, () -> assertThat(files(objects(prefix))).anyMatch(ImagesVmTest::isManifest));
    }

    private static boolean isManifest(Path file) {
        return file.toString().contains("/manifests/");
    }

    private static List<Path> files(Path directory) {
        if (!Files.isDirectory(directory)) return List.of();
        try (var all = Files.walk(directory)) {
            return all.filter(Files::isRegularFile).toList();
        } catch (IOException | UncheckedIOException e) {
            throw new AssertionError("changes while it is listed", e);
        }
    }
}
