package dev.wrenn.control.domain.hosts;

import static org.assertj.core.api.Assertions.assertThat;

import dev.wrenn.common.model.CapsuleSpec;
import dev.wrenn.common.model.HostId;
import dev.wrenn.common.model.MemorySize;
import dev.wrenn.common.model.TeamId;
import dev.wrenn.common.model.TemplateId;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;

class HostsTest {
    private static final CapsuleSpec SPEC =
            new CapsuleSpec(1, MemorySize.ofMib(512), CapsuleSpec.DEFAULT_DISK, Duration.ZERO);

    private static HostReport report(boolean ready, long memory, long reserved) {
        return new HostReport(
                ready,
                ready ? "" : "no image",
                4,
                MemorySize.ofMib(memory),
                MemorySize.ofMib(reserved),
                MemorySize.ofMib(1),
                0,
                new Capacity(MemorySize.ofMib(memory), 8),
                Set.of(TemplateId.MINIMAL));
    }

    private static HostView view(boolean reachable, HostReport report) {
        return new HostView(
                new Host(HostId.random(), "h:1"), reachable, Optional.ofNullable(report));
    }

    /// Hosts have promised what they are told here.
    private static final class Promised implements PlacementStore {
        private final Map<HostId, Reserved> all = new HashMap<>();
        private int asked;

        HostView with(HostView view, long memory, long vcpus) {
            all.put(view.host().id(), new Reserved(memory, vcpus, 0));
            return view;
        }

        @Override
        public Map<HostId, Reserved> reserved(Collection<HostId> hosts) {
            asked += hosts.size();
            var some = new HashMap<>(all);
            some.keySet().retainAll(hosts);
            return some;
        }

        @Override
        public boolean bringsHosts(TeamId team) {
            return false;
        }
    }

    @Test
    void theHostWhoseScarcestIsLeastScarceComesFirst() {
        var promised = new Promised();
        var best = promised.with(view(true, report(true, 4096, 0)), 1024, 2);
        var fewCpus = promised.with(view(true, report(true, 8192, 0)), 0, 7);
        var littleMemory = promised.with(view(true, report(true, 8192, 0)), 6500, 0);
        var full = promised.with(view(true, report(true, 2048, 0)), 1600, 0);
        var noCpu = promised.with(view(true, report(true, 2048, 0)), 0, 8);
        var order =
                new Roomiest(promised, new Random(1))
                        .order(List.of(full, fewCpus, littleMemory, noCpu, best), SPEC);
        assertThat(order).containsExactly(best, littleMemory, fewCpus);
        assertThat(new Roomiest(promised, new Random(1)).order(List.of(), SPEC)).isEmpty();
    }

    @Test
    void ofManyHostsSomeAreComparedUnlessTheseAreFull() {
        var promised = new Promised();
        var many = new ArrayList<HostView>();
        for (int i = 0; i < 500; i++)
            many.add(promised.with(view(true, report(true, 4096, 0)), 0, 0));
        assertThat(new Roomiest(promised, new Random(1)).order(many, SPEC)).hasSize(8);
        assertThat(promised.asked).isEqualTo(8);
        for (var view : many) promised.with(view, 4096, 0);
        var last = promised.with(many.get(321), 0, 0);
        assertThat(new Roomiest(promised, new Random(1)).order(many, SPEC)).contains(last);
    }

    @Test
    void roundRobinBeginsWithTheNextEachTime() {
        var hosts = new ArrayList<HostView>();
        for (int i = 0; i < 3; i++) hosts.add(view(true, report(true, 1, 0)));
        var strategy = new RoundRobin();
        var firsts = new HashSet<HostView>();
        for (int i = 0; i < 3; i++) {
            var order = strategy.order(hosts, SPEC);
            assertThat(order).hasSize(3);
            firsts.add(order.getFirst());
        }
        assertThat(firsts).hasSize(3);
        assertThat(strategy.order(List.of(), SPEC)).isEmpty();
    }

    @Test
    void aHostHasTheTemplatesItReports() {
        assertThat(view(true, report(true, 1, 0)).has(TemplateId.MINIMAL)).isTrue();
        assertThat(view(true, report(true, 1, 0)).has(TemplateId.random())).isFalse();
        assertThat(view(true, null).has(TemplateId.MINIMAL)).isFalse();
    }

    @Test
    void silenceMakesAHostUnreachable() {
        var now = new AtomicReference<>(Instant.EPOCH);
        var directory = new HostDirectory(now::get);
        var host = new Host(HostId.random(), "h:1");
        directory.put(host, null);
        assertThat(directory.view(host.id()).orElseThrow().notReadyReason())
                .isEqualTo("not reachable");
        directory.heard(host.id());
        assertThat(directory.view(host.id()).orElseThrow().ready()).isFalse();
        directory.report(host.id(), report(true, 1, 0));
        assertThat(directory.view(host.id()).orElseThrow().ready()).isTrue();
        now.set(now.get().plus(HostDirectory.SILENCE));
        assertThat(directory.view(host.id()).orElseThrow().ready()).isTrue();
        now.set(now.get().plusMillis(1));
        assertThat(directory.view(host.id()).orElseThrow().reachable()).isFalse();
        directory.remove(host.id());
        assertThat(directory.all()).isEmpty();
    }
}
