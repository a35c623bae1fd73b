package dev.wrenn.host.capsule;

import static org.assertj.core.api.Assertions.assertThat;

import dev.wrenn.common.model.CapsuleId;
import dev.wrenn.common.model.CapsuleSpec;
import dev.wrenn.common.model.MemorySize;
import dev.wrenn.common.model.TeamId;
import dev.wrenn.common.model.TemplateId;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// What is measured of capsules above a machine of fakes, by a clock of the test.
@Timeout(60)
class SamplerContractTest {
    @TempDir private Path dataDir;
    private FakeHost host;
    private Capsules agent;
    private Sampler sampler;
    private final AtomicLong nanos = new AtomicLong();
    private final CapsuleId id = CapsuleId.random();

    @BeforeEach
    void open() throws Exception {
        host = new FakeHost(dataDir);
        agent = host.agent();
        create(id);
        sampler = new Sampler(agent.actor(id).orElseThrow().house, nanos::get, 3);
    }

    @AfterEach
    void close() {
        sampler.close();
        agent.close();
        host.close();
    }

    private void create(CapsuleId capsule) throws InterruptedException {
        var request =
                new CapsuleRequest(
                        capsule,
                        1,
                        TeamId.PLATFORM,
                        TemplateId.MINIMAL,
                        new CapsuleSpec(
                                2,
                                MemorySize.ofMib(512),
                                MemorySize.ofMib(5120),
                                Duration.ofHours(1)),
                        "root",
                        Map.of());
        assertThat(agent.create(request)).isInstanceOf(CreateOutcome.Created.class);
    }

    private void look(int times) {
        for (int i = 0; i < times; i++) {
            nanos.addAndGet(Sampler.PERIOD.toNanos());
            sampler.look();
        }
    }

    private void spend(Duration cpu) {
        for (var vm : host.vmm.running()) vm.spend(cpu);
    }

    private int points() {
        return sampler.tiers(id).map(tiers -> tiers.tenMinutes().size()).orElse(0);
    }

    @Test
    void processorTimeIsOfAllVcpusAndBetweenTwoLooks() throws Exception {
        look(1);
        assertThat(points()).as("one look says nothing of a time").isZero();
        spend(Duration.ofMillis(250)); // of two processors in 500 ms
        look(1);
        spend(Duration.ofSeconds(9)); // more than there was
        look(1);
        var points = sampler.tiers(id).orElseThrow().tenMinutes();
        assertThat(points).extracting(MetricPoint::cpuPercent).containsExactly(25.0, 100.0);
        assertThat(points.getFirst().memoryBytes()).isEqualTo(1 << 20);
    }

    @Test
    void whoComputesWithoutAPauseYieldsUntilItPauses() throws Exception {
        look(2);
        assertThat(courtesies()).containsExactly(false); // whatever it was before
        for (int i = 0; i < 10; i++) {
            spend(Duration.ofMillis(900)); // of two processors in 500 ms
            look(1);
        }
        assertThat(courtesies()).containsExactly(false, true);
        look(10);
        assertThat(courtesies()).containsExactly(false, true, false);
        spend(Duration.ofMillis(900)); // a moment is not without a pause
        look(10);
        assertThat(courtesies()).hasSize(3);
    }

    private List<Boolean> courtesies() {
        return host.vmm.running().getFirst().courtesies();
    }

    @Test
    void measuringIsNoUse() throws Exception {
        var before = agent.find(id).orElseThrow().lastActiveAt();
        look(50);
        assertThat(points()).isEqualTo(49);
        assertThat(agent.find(id).orElseThrow().lastActiveAt()).isEqualTo(before);
    }

    @Test
    void aPausedCapsuleIsLeftAloneAndKeepsItsHistory() throws Exception {
        look(5);
        assertThat(agent.pause(id, 1)).isInstanceOf(SaveOutcome.Done.class);
        look(5);
        assertThat(points()).isEqualTo(4);
        assertThat(agent.find(id).orElseThrow().phase()).isEqualTo(Phase.PAUSED);
        assertThat(agent.resume(id, 2, Duration.ZERO)).isInstanceOf(ResumeOutcome.Running.class);
        look(3); // the first is compared with nothing of the life before
        assertThat(points()).isEqualTo(6);
    }

    @Test
    void aPauseThatFailsDoesNotEndIt() throws Exception {
        look(3);
        host.vmm.failingSave("no");
        assertThat(agent.pause(id, 1)).isNotInstanceOf(SaveOutcome.Done.class);
        assertThat(agent.find(id).orElseThrow().phase()).isEqualTo(Phase.RUNNING);
        look(3);
        assertThat(points()).isGreaterThan(3);
    }

    @Test
    void aDestroyedOneIsKnownForAWhileAndNotForEver() throws Exception {
        look(3);
        assertThat(agent.destroy(id)).isInstanceOf(DestroyOutcome.Destroyed.class);
        look(1);
        assertThat(points()).isEqualTo(2);
        nanos.addAndGet(Sampler.REST.toNanos());
        look(1);
        assertThat(sampler.tiers(id)).isEmpty();
    }

    @Test
    void soManyAreKeptOfThoseThatDoNotRunAndTheOldestGo() throws Exception {
        look(2);
        agent.destroy(id);
        for (int i = 0; i < 3; i++) {
            var other = CapsuleId.random();
            create(other);
            look(1);
            agent.destroy(other);
        }
        look(1);
        assertThat(sampler.tiers(id)).isEmpty();
        assertThat(sampler.count()).isEqualTo(3);
    }
}
