package dev.wrenn.host.capsule;

import static org.assertj.core.api.Assertions.assertThat;

import dev.wrenn.common.model.CapsuleId;
import dev.wrenn.common.model.Egress;
import dev.wrenn.common.model.EgressPolicy;
import dev.wrenn.common.model.EgressRule;
import dev.wrenn.host.network.Denials;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// Policies of capsules over lives of the agent, on a machine of fakes.
@Timeout(60)
class NetworkContractTest {
    static final Egress EGRESS =
            new Egress(
                    new EgressPolicy(true, List.of(), 10, 0),
                    new EgressPolicy(
                            false,
                            List.of(
                                    EgressRule.parse("allow *.example.org tcp 443"),
                                    EgressRule.parse("deny 203.0.113.0/24")),
                            0,
                            100));
    private static final Duration SOON = Duration.ofSeconds(20);

    @TempDir private Path dataDir;
    private FakeHost host;
    private final CapsuleId id = CapsuleId.random();

    @BeforeEach
    void open() throws IOException {
        host = new FakeHost(dataDir);
    }

    @AfterEach
    void close() {
        host.close();
    }

    @Test
    void policiesHoldBeforeTheGuestRunsAndAfterARestart() throws Exception {
        var agent = host.agent();
        agent.create(FakeHost.request(id, 1).under(EGRESS));
        assertThat(host.policies).containsEntry(1, EGRESS);
        var next = host.agent();
        assertThat(next.network(id, EGRESS)).isPresent(); // behind what a start does
        assertThat(host.restored).containsEntry(1, EGRESS);
    }

    @Test
    void policiesAreReplacedAndRemembered() throws Exception {
        var agent = host.agent();
        agent.create(FakeHost.request(id, 1));
        assertThat(host.policies).containsEntry(1, Egress.OPEN);
        assertThat(agent.network(id, EGRESS).orElseThrow().request().egress()).isEqualTo(EGRESS);
        assertThat(host.policies).containsEntry(1, EGRESS);
        assertThat(host.agent().find(id).orElseThrow().request().egress()).isEqualTo(EGRESS);
        assertThat(agent.network(CapsuleId.random(), EGRESS)).isEmpty();
    }

    @Test
    void aPausedCapsuleHasThemWhenItGoesOn() throws Exception {
        var agent = host.agent();
        agent.create(FakeHost.request(id, 1));
        assertThat(agent.pause(id, 1)).isInstanceOf(SaveOutcome.Done.class);
        host.policies.clear();
        assertThat(agent.network(id, EGRESS)).isPresent();
        assertThat(host.policies).as("it has no slot").isEmpty();
        assertThat(agent.resume(id, 2, Duration.ZERO)).isInstanceOf(ResumeOutcome.Running.class);
        assertThat(host.policies).containsValue(EGRESS);
    }

    @Test
    void whatIsRefusedIsToldOnceAndThenWhatIsNew() throws Exception {
        var agent = host.agent();
        agent.create(FakeHost.request(id, 1));
        try (var feed = agent.feed().watch()) {
            host.denials = new Denials(3, 2, 0, List.of("tcp 10.0.0.1 22"));
            assertThat(denied(feed))
                    .isEqualTo(new Change.Denied(id, 1, 5, List.of("tcp 10.0.0.1 22")));
            host.denials = new Denials(3, 9, 0, List.of("tcp 10.0.0.1 22"));
            assertThat(feed.next(Duration.ofSeconds(3)).filter(Change.Denied.class::isInstance))
                    .as("not twice a minute")
                    .isEqualTo(Optional.empty());
        }
    }

    private static Change.Denied denied(ChangeFeed.Watch feed) throws InterruptedException {
        while (true)
            if (feed.next(SOON).orElseThrow() instanceof Change.Denied denied) return denied;
    }
}
