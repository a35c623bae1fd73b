package dev.wrenn.control.store;

import static org.assertj.core.api.Assertions.assertThat;

import dev.wrenn.common.model.CapsuleSpec;
import dev.wrenn.common.model.HostId;
import dev.wrenn.common.model.MemorySize;
import dev.wrenn.common.model.TeamId;
import dev.wrenn.common.model.UserId;
import dev.wrenn.control.domain.capsules.Admission;
import dev.wrenn.control.domain.capsules.CapsuleRow;
import dev.wrenn.control.domain.capsules.NewCapsule;
import dev.wrenn.control.domain.hosts.Capacity;
import dev.wrenn.control.domain.hosts.Reserved;
import dev.wrenn.control.domain.teams.Amounts;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/// What hosts have promised, with writers that work against each other.
class ReservationsContractTest {
    @RegisterExtension static final StoreFixture STORE = new StoreFixture();

    private static final CapsuleSpec SPEC =
            new CapsuleSpec(1, MemorySize.ofMib(256), CapsuleSpec.DEFAULT_DISK, Duration.ZERO);
    private static final Capacity PLENTY = new Capacity(MemorySize.ofMib(1 << 20), 10_000);
    private static final int EACH = 20;

    private final UserId user = UserId.random();
    private final TeamId team = TeamId.random();
    private final PgCapsuleStore capsules = new PgCapsuleStore(STORE.db());

    private HostId host() {
        var host = HostId.random();
        STORE.seed(user, team, host);
        return host;
    }

    private CapsuleRow insert(HostId host, Capacity capacity) {
        return ((Admission.In) capsules.insert(wanted(host, capacity), Amounts.NORMAL)).capsule();
    }

    private NewCapsule wanted(HostId host, Capacity capacity) {
        return STORE.capsule(user, team, host, capacity, SPEC);
    }

    private static Reserved reserved(HostId host) {
        return new PgPlacementStore(STORE.db()).reserved(List.of(host)).get(host);
    }

    @Test
    void capsulesThatAreMovedBothWaysAtOnceDoNotWaitForEachOther() throws Exception {
        var one = host();
        var other = host();
        var moves = new ArrayList<Callable<Boolean>>();
        for (int i = 0; i < EACH; i++) {
            var there = insert(one, PLENTY);
            var back = insert(other, PLENTY);
            moves.add(() -> capsules.move(there, other, PLENTY).isPresent());
            moves.add(() -> capsules.move(back, one, PLENTY).isPresent());
        }
        try (var pool = Executors.newVirtualThreadPerTaskExecutor()) {
            for (var move : pool.invokeAll(moves)) assertThat(move.get()).isTrue();
        }
        for (var host : List.of(one, other)) {
            assertThat(reserved(host).memoryMb()).isEqualTo(EACH * 256L);
            assertThat(reserved(host).vcpus()).isEqualTo(EACH);
        }
    }

    @Test
    void aHostWithoutRoomTakesNeitherNewNorMoved() {
        var small = new Capacity(MemorySize.ofMib(512), 10);
        var host = host();
        insert(host, small);
        insert(host, small);
        assertThat(capsules.insert(wanted(host, small), Amounts.NORMAL))
                .isInstanceOf(Admission.NoRoom.class);
        var elsewhere = insert(host(), PLENTY);
        assertThat(capsules.move(elsewhere, host, small)).isEmpty();
        assertThat(reserved(elsewhere.host()).memoryMb()).isEqualTo(256);
        assertThat(reserved(host).memoryMb()).isEqualTo(512);
    }

    @Test
    void oneThatCannotBeNotedAsHeardOfDoesNotKeepTheOthersFromIt() throws Exception {
        var hosts = new ArrayList<HostId>();
        for (int i = 0; i < 100; i++) hosts.add(host());
        var begin = capsules.now();
        try (var other = STORE.connect()) {
            other.setAutoCommit(false);
            try (var lock = other.prepareStatement("select 1 from hosts where id = ? for update")) {
                lock.setObject(1, hosts.get(50).value());
                lock.executeQuery();
                new PgFleetStore(STORE.db()).heard(hosts, Duration.ZERO);
            }
            other.rollback();
        }
        var ids = hosts.stream().map(HostId::value).toArray(UUID[]::new);
        int heard =
                STORE.db()
                        .with(h ->
                                h.createQuery(
                                                "select count(*) from hosts"
                                                        + " where id = any(:ids) and last_heard_at > :begin")
                                        .bind("ids", ids)
                                        .bind("begin", begin)
                                        .mapTo(Integer.class)
                                        .one());
        assertThat(heard).isEqualTo(99);
    }
}
