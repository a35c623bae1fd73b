package dev.wrenn.control.hostlink;

import static org.assertj.core.api.Assertions.assertThat;

import dev.wrenn.common.model.CapsuleId;
import dev.wrenn.common.model.HostId;
import dev.wrenn.common.model.TeamId;
import dev.wrenn.common.model.TemplateId;
import dev.wrenn.control.domain.hosts.Host;
import dev.wrenn.control.domain.hosts.HostAnswer;
import dev.wrenn.control.domain.hosts.HostDirectory;
import dev.wrenn.control.domain.hosts.HostView;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Predicate;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/// How soon a control plane knows what a host tells of itself.
class HostWatchContractTest {
    private static final Duration LIMIT = Duration.ofSeconds(10);

    /// A good deal less than the time between two reports.
    private static final Duration AT_ONCE = Duration.ofSeconds(2);

    private final FakeHostAgent agent = FakeHostAgent.start();
    private final HostDirectory directory = new HostDirectory(InstantSource.system());
    private final Host host = new Host(HostId.random(), agent.address());
    private final HostLinks links =
            new HostLinks(() -> List.of(host), directory, new FakeEvents(), Optional.empty());

    @BeforeEach
    void link() {
        links.refresh();
        await(LIMIT, HostView::ready);
    }

    @AfterEach
    void stop() throws Exception {
        links.close();
        agent.close();
    }

    private void await(Duration limit, Predicate<HostView> wanted) {
        long end = System.nanoTime() + limit.toNanos();
        while (!wanted.test(directory.view(host.id()).orElseThrow())) {
            assertThat(System.nanoTime()).as("not so within %s", limit).isLessThan(end);
            LockSupport.parkNanos(5_000_000);
        }
    }

    @Test
    void templatesThatWeMakeAndDeleteThereAreKnownAtOnce() {
        var capsule = CapsuleId.random();
        agent.plant(capsule.toString());
        var client = directory.client(host.id()).orElseThrow();
        for (int i = 0; i < 4; i++) {
            var template = TemplateId.random();
            var team = TeamId.random();
            assertThat(client.createSnapshot(capsule, team, template, LIMIT))
                    .isInstanceOf(HostAnswer.Done.class);
            await(AT_ONCE, view -> view.has(template));
            assertThat(client.deleteSnapshot(team, template, LIMIT))
                    .isInstanceOf(HostAnswer.Done.class);
            await(AT_ONCE, view -> !view.has(template));
        }
    }

    @Test
    void aHostThatStopsTakingCapsulesAndTakesThemAgainIsNoticed() {
        agent.ready(false);
        await(LIMIT, view -> !view.ready());
        agent.ready(true);
        await(LIMIT, HostView::ready);
    }
}
