package dev.wrenn.tests.system;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/// Parts die by `kill -9` while capsules run.
@ExtendWith(Shared.class)
class CrashVmTest {
    private static final Duration AGENT_BACK = Duration.ofSeconds(10);
    private static final Duration NOTICED = Duration.ofSeconds(2);
    private static final Duration RESOLVED = Duration.ofSeconds(60);
    private static final Duration REPAIRED = Duration.ofSeconds(60);

    private final Installation wrenn;
    private final Api api;

    CrashVmTest(Installation wrenn) {
        this.wrenn = wrenn;
        this.api = wrenn.api();
    }

    @Test
    void theAgentComesBackToTheSameCapsules() {
        var ids = List.of(api.create(), api.create(), api.create());
        var vmms = new ArrayList<Long>();
        for (var id : ids) {
            api.output(id, "echo " + id + " >/dev/shm/marker"); // in memory only
            vmms.add(wrenn.vmm(id).pid());
        }
        var agent = wrenn.part("agent");

        agent.kill();

        Eventually.within(
                AGENT_BACK,
                () -> {
                    for (var id : ids) {
                        assertThat(api.output(id, "cat /dev/shm/marker")).isEqualTo(id + "\n");
                    }
                });
        for (int i = 0; i < ids.size(); i++) {
            assertThat(api.status(ids.get(i))).isEqualTo("running");
            assertThat(wrenn.vmm(ids.get(i)).pid()).isEqualTo(vmms.get(i));
            api.destroy(ids.get(i));
            assertThat(new Proc(vmms.get(i)).alive()).isFalse();
        }
        assertThat(wrenn.part("agent").pid()).isNotEqualTo(agent.pid());
    }

    @Test
    void aDeadVmIsNoticedAndSaysWhy() {
        var id = api.create();
        var slots = wrenn.footprint().slots().size();
        wrenn.vmm(id).kill();
        var capsule = api.awaitStatus(id, "stopped", NOTICED);
        assertThat(capsule.path("cause").asString()).contains("SIGKILL");
        api.exec(id, Api.command("true")).error(409, "invalid_state");
        // What it had is given back although nobody destroyed it.
        Eventually.within(
                REPAIRED,
                () -> {
                    assertThat(wrenn.footprint().slots().size()).isLessThanOrEqualTo(slots);
                    assertThat(wrenn.footprint().capsules()).noneMatch(dir -> dir.endsWith(id));
                });
        api.destroy(id);
    }

    @Test
    void aGuestThatPowersOffIsNoticedToo() {
        var id = api.create();
        api.sh(id, "(sleep 0.2; kill -9 -1; echo o >/proc/sysrq-trigger) >/dev/null 2>&1 &");
        var capsule = api.awaitStatus(id, "stopped", Duration.ofSeconds(15));
        assertThat(capsule.path("cause").asString()).isNotBlank();
        api.destroy(id);
    }

    @Test
    void aCreateOutlivesItsControlPlane() {
        var before = api.list();
        var control = wrenn.part("control");
        try (var client = Executors.newVirtualThreadPerTaskExecutor()) {
            client.submit(() -> api.post("/v1/capsules", "{}")); // never answered, or cut off
            var id =
                    Eventually.within(
                            Duration.ofSeconds(10),
                            () -> {
                                var ids = new ArrayList<>(api.list());
                                ids.removeAll(before);
                                assertThat(ids).hasSize(1);
                                return ids.getFirst();
                            });
            control.kill();
            Eventually.within(REPAIRED, () -> api.get("/health").expect(200));
            Eventually.within(
                    RESOLVED, () -> assertThat(api.status(id)).isIn("running", "error", "stopped"));
            if (api.status(id).equals("running")) {
                assertThat(api.output(id, "echo whole")).isEqualTo("whole\n");
            }
            api.destroy(id);
        }
        assertThat(wrenn.part("control").pid()).isNotEqualTo(control.pid());
        Eventually.within(
                RESOLVED, () -> assertThat(wrenn.footprint().capsules()).hasSize(before.size()));
    }

    @Test
    void theDatabaseComesBackWithAllItAcknowledged() {
        var id = api.create();
        wrenn.crash("postgres", REPAIRED);
        Eventually.within(REPAIRED, () -> assertThat(api.status(id)).isEqualTo("running"));
        assertThat(Eventually.within(REPAIRED, () -> api.output(id, "echo still")))
                .isEqualTo("still\n");
        Eventually.within(REPAIRED, () -> api.destroy(id));
        var next = Eventually.within(REPAIRED, () -> api.create());
        api.destroy(next);
    }

    @Test
    void redisComesBackAndNothingDependsOnWhatItHeld() {
        var id = api.create();
        wrenn.crash("redis", REPAIRED);
        assertThat(Eventually.within(REPAIRED, () -> api.output(id, "echo still")))
                .isEqualTo("still\n");
        Eventually.within(REPAIRED, () -> api.get("/ready").expect(200));
        var next = Eventually.within(REPAIRED, () -> api.create());
        assertThat(api.output(next, "echo new")).isEqualTo("new\n");
        api.destroy(next);
        api.destroy(id);
    }
}
