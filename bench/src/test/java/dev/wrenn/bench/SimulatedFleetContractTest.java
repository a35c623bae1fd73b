package dev.wrenn.bench;

import static org.assertj.core.api.Assertions.assertThat;

import dev.wrenn.common.connect.Tls;
import dev.wrenn.common.model.CapsuleId;
import dev.wrenn.common.model.CapsuleSpec;
import dev.wrenn.common.model.Egress;
import dev.wrenn.common.model.HostId;
import dev.wrenn.common.model.MemorySize;
import dev.wrenn.common.model.TeamId;
import dev.wrenn.common.model.TemplateId;
import dev.wrenn.common.runtime.Secret;
import dev.wrenn.control.domain.hosts.BootOrder;
import dev.wrenn.control.domain.hosts.Host;
import dev.wrenn.control.domain.hosts.HostAnswer;
import dev.wrenn.control.domain.hosts.HostCapsule;
import dev.wrenn.control.domain.hosts.HostClient;
import dev.wrenn.control.domain.hosts.HostDirectory;
import dev.wrenn.control.domain.hosts.HostEvents;
import dev.wrenn.control.domain.hosts.HostFault;
import dev.wrenn.control.domain.hosts.HostList;
import dev.wrenn.control.domain.hosts.HostView;
import dev.wrenn.control.domain.hosts.ListSum;
import dev.wrenn.control.domain.templates.GuestDefaults;
import dev.wrenn.control.hostlink.Authority;
import dev.wrenn.control.hostlink.ControlPapers;
import dev.wrenn.control.hostlink.HostLinks;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/// A small simulated fleet as the control plane's own client sees it.
class SimulatedFleetContractTest {
    private static final Duration LIMIT = Duration.ofSeconds(10);
    private static final int HOSTS = 5;
    private static final int EACH = 10;

    private final Authority authority =
            Authority.temporary(InstantSource.system(), Duration.ofDays(1));
    private final HostDirectory directory = new HostDirectory(InstantSource.system());
    private final List<Host> hosts = new ArrayList<>();
    private final Heard heard = new Heard();
    private SimulatedFleet fleet;
    private HostLinks links;

    @BeforeEach
    void start() {
        int port = FleetBench.freePort();
        var members = new ArrayList<Membership>();
        for (int i = 0; i < HOSTS; i++) {
            var host = new Host(HostId.random(), "127.0.0.1:" + port);
            var key = Membership.Key.fresh();
            var signed = authority.sign(key.request(), host.id(), "127.0.0.1");
            var papers = new Tls.Papers(signed.authorityPem(), signed.pem(), new Secret(key.pem()));
            hosts.add(host);
            members.add(new Membership(host.id().toString(), "", papers));
        }
        fleet = new SimulatedFleet(members);
        for (var host : hosts)
            for (int i = 0; i < EACH; i++)
                fleet.host(host.id().toString()).has(CapsuleId.random().toString());
        fleet.listen(port);
        var tls = Optional.of(new ControlPapers(authority).client());
        links = new HostLinks(() -> hosts, directory, heard, tls);
        links.refresh();
        await(() -> directory.all().stream().filter(HostView::ready).count() == HOSTS);
    }

    @AfterEach
    void stop() throws Exception {
        links.close();
        fleet.close();
    }

    private static void await(BooleanSupplier wanted) {
        long end = System.nanoTime() + LIMIT.toNanos();
        while (!wanted.getAsBoolean()) {
            assertThat(System.nanoTime()).as("not so within %s", LIMIT).isLessThan(end);
            LockSupport.parkNanos(5_000_000);
        }
    }

    private static BootOrder order(CapsuleId id) {
        var zero = new UUID(0, 0);
        var spec = new CapsuleSpec(1, MemorySize.ofMib(512), CapsuleSpec.DEFAULT_DISK, LIMIT);
        return new BootOrder(
                id,
                1,
                new TeamId(zero),
                new TemplateId(zero),
                spec,
                GuestDefaults.NONE,
                Egress.OPEN);
    }

    @Test
    void eachHostTellsOfItsOwnCapsules() {
        await(() -> heard.lists.size() == HOSTS);
        assertThat(heard.lists.values()).allMatch(list -> list.size() == EACH);
        assertThat(heard.lists.values().stream().flatMap(List::stream).distinct())
                .hasSize(HOSTS * EACH);
        assertThat(fleet.count()).isEqualTo(HOSTS * EACH);
    }

    @Test
    void aCapsuleIsBootedToldOfAndDestroyed() {
        var host = hosts.get(3).id();
        var client = directory.client(host).orElseThrow();
        var id = CapsuleId.random();
        assertThat(client.create(order(id), LIMIT))
                .isInstanceOfSatisfying(
                        HostAnswer.Done.class,
                        done ->
                                assertThat(((HostCapsule) done.value()).status())
                                        .isEqualTo(HostCapsule.Status.RUNNING));
        await(() -> HostCapsule.Status.RUNNING.equals(heard.last.get(id)));
        var sum = listed(client, EACH + 1);
        assertThat(client.list(sum, LIMIT))
                .isEqualTo(new HostAnswer.Done<HostList>(new HostList.Unchanged()));
        assertThat(client.destroy(id, LIMIT)).isInstanceOf(HostAnswer.Done.class);
        await(() -> !heard.last.containsKey(id));
        assertThat(client.find(id, LIMIT))
                .isInstanceOfSatisfying(
                        HostAnswer.Refused.class,
                        refused -> assertThat(refused.fault()).isEqualTo(HostFault.NOT_FOUND));
    }

    private static ListSum listed(HostClient client, int expected) {
        if (client.list(ListSum.NONE, LIMIT)
                instanceof HostAnswer.Done(HostList.All(var capsules, var sum))) {
            assertThat(capsules).hasSize(expected);
            return sum;
        }
        throw new AssertionError("not listed");
    }

    private static final class Heard implements HostEvents {
        private final Map<HostId, List<CapsuleId>> lists = new ConcurrentHashMap<>();
        private final Map<CapsuleId, HostCapsule.Status> last = new ConcurrentHashMap<>();

        @Override
        public Instant beforeAsking() {
            return Instant.now();
        }

        @Override
        public void back(HostId host) {}

        @Override
        public void snapshot(HostId host, Instant asked, List<HostCapsule> capsules, ListSum sum) {
            lists.put(host, capsules.stream().map(HostCapsule::id).toList());
        }

        @Override
        public ListSum settled(HostId host) {
            return ListSum.NONE;
        }

        @Override
        public void gone(HostId host) {
            lists.remove(host);
        }

        @Override
        public void changed(HostId host, HostCapsule capsule) {
            last.put(capsule.id(), capsule.status());
        }

        @Override
        public void removed(HostId host, CapsuleId capsule, long incarnation) {
            last.remove(capsule);
        }

        @Override
        public void denied(
                HostId host,
                CapsuleId capsule,
                long incarnation,
                long packets,
                List<String> flows) {}
    }
}
