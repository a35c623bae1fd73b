package dev.wrenn.control.hostlink;

import static org.assertj.core.api.Assertions.assertThat;

import dev.wrenn.common.model.CapsuleId;
import dev.wrenn.common.model.HostId;
import dev.wrenn.common.model.TeamId;
import dev.wrenn.common.model.TemplateId;
import dev.wrenn.control.domain.hosts.Host;
import dev.wrenn.control.domain.hosts.HostAnswer;
import dev.wrenn.control.domain.hosts.HostDirectory;
import dev.wrenn.control.domain.hosts.HostList;
import dev.wrenn.control.domain.hosts.HostView;
import dev.wrenn.control.domain.hosts.ListSum;
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
    private final FakeEvents events = new FakeEvents();
    private volatile List<Host> known = List.of(host);
    private final HostLinks links = new HostLinks(() -> known, directory, events, Optional.empty());

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
    void aListThatIsKnownIsNotSaidAgain() {
        var client = directory.client(host.id()).orElseThrow();
        agent.plant(CapsuleId.random().toString());
        var first = all(client.list(ListSum.NONE, LIMIT));
        assertThat(first.capsules()).hasSize(1);
        assertThat(client.list(first.sum(), LIMIT))
                .isEqualTo(new HostAnswer.Done<HostList>(new HostList.Unchanged()));
        agent.plant(CapsuleId.random().toString());
        var second = all(client.list(first.sum(), LIMIT));
        assertThat(second.capsules()).hasSize(2);
        assertThat(second.sum()).isNotEqualTo(first.sum());
    }

    @Test
    void whatIsRememberedOfAHostGoesWithIt() {
        links.refresh();
        assertThat(events.gone).isEmpty();
        known = List.of();
        links.refresh();
        assertThat(events.gone).containsExactly(host.id());
        assertThat(directory.client(host.id())).isEmpty();
    }

    private static HostList.All all(HostAnswer<HostList> answer) {
        if (answer instanceof HostAnswer.Done(HostList.All all)) return all;
        throw new AssertionError(answer);
    }

    @Test
    void aHostThatStopsTakingCapsulesAndTakesThemAgainIsNoticed() {
        agent.ready(false);
        await(LIMIT, view -> !view.ready());
        agent.ready(true);
        await(LIMIT, HostView::ready);
    }
}
