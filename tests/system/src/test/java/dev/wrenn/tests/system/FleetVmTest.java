package dev.wrenn.tests.system;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/// A fleet on one machine: the host of `up` and two more agents, each in a network namespace of its
/// own, with real VMs. An agent is killed, a host is cut off by dropping packets, hosts are
/// removed.
class FleetVmTest {
    private static final Duration SOON = Duration.ofSeconds(90);
    private static final int AGENTS = 2;

    private final List<FleetMachine> machines = new ArrayList<>();
    private Installation wrenn;
    private Api api;
    private Api admin;

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
        admin = api.signIn(wrenn.credentials());
        for (int i = 1; i <= AGENTS; i++) machines.add(new FleetMachine(wrenn, admin, i));
    }

    @AfterEach
    void down() {
        for (var machine : machines) machine.end();
        wrenn.close();
    }

    private void await(FleetMachine machine, String status) {
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
                SOON, () -> assertThat(two.directory().resolve("snapshots").resolve(cut)).exists());
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
        assertThat(two.directory().resolve("host-credentials.json")).doesNotExist();
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
