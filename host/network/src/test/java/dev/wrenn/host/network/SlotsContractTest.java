package dev.wrenn.host.network;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.wrenn.common.runtime.Tasks;
import dev.wrenn.host.linux.Namespaces;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Real namespaces on this machine, beside those of agents that may run here; needs root.
class SlotsContractTest {
    private static final NetworkConfig NONE_READY =
            new NetworkConfig(0, NetworkConfig.defaults().runDir());

    @TempDir Path owner;
    @TempDir Path neighbour;

    @BeforeEach
    void root() {
        Assumptions.assumeTrue(System.getProperty("user.name").equals("root"), "needs root");
    }

    private static boolean exists(Slot slot) {
        return Files.exists(slot.netnsPath())
                || Files.exists(Path.of("/sys/class/net", slot.hostVeth()))
                || Files.exists(registered(slot));
    }

    private static Path registered(Slot slot) {
        return NONE_READY.runDir().resolve("slots").resolve(Integer.toString(slot.index()));
    }

    @Test
    void aSlotHasItsPartsAndGoesWithAllOfThem() throws Exception {
        try (var slots = Slots.open(NONE_READY, owner)) {
            var slot = slots.take();
            assertThat(slots.mine()).containsExactly(slot.index());
            assertThat(Files.readString(registered(slot))).isEqualTo(owner.toRealPath().toString());
            var inside =
                    Namespaces.call(
                            slot.netnsPath(), () -> Nft.run("", "ip", "-d", "addr").output());
            assertThat(inside)
                    .contains("tap0", Slot.TAP_MAC, "169.254.0.22/30", "qlen 5000")
                    .contains(slot.innerIp().getHostAddress() + "/31")
                    .doesNotContain("inet6");
            var neighbours =
                    Namespaces.call(slot.netnsPath(), () -> Nft.run("", "ip", "neigh").output());
            assertThat(neighbours)
                    .contains("169.254.0.21 dev tap0 lladdr 02:fc:00:00:00:05 PERMANENT");
            var tap = slots.openTap(slot); // still open while the slot goes
            slots.release(slot);
            assertThat(exists(slot)).isFalse();
            assertThat(slots.mine()).isEmpty();
            slots.release(slot); // nothing to do any more
            tap.close();
        }
    }

    @Test
    void manyTakersAtOnceGetSlotsOfTheirOwn() throws Exception {
        var config = NetworkConfig.defaults();
        try (var slots = Slots.open(config, owner);
                var others = Slots.open(NONE_READY, neighbour)) {
            var takers = new ArrayList<Callable<Slot>>();
            for (int i = 0; i < 20; i++) takers.add(i % 4 == 0 ? others::take : slots::take);
            var taken = Tasks.all(Duration.ofSeconds(60), takers);
            assertThat(taken).doesNotHaveDuplicates().allMatch(SlotsContractTest::exists);
            assertThat(slots.mine()).hasSize(15);
            assertThat(others.mine()).hasSize(5);
            var releases = new ArrayList<Callable<Boolean>>();
            for (var slot : taken)
                releases.add(() -> {
                    slots.release(slot); // only its owner's release does anything
                    others.release(slot);
                    return exists(slot);
                });
            assertThat(Tasks.all(Duration.ofSeconds(60), releases)).containsOnly(false);
        }
        assertNothingLeft(owner, neighbour);
    }

    @Test
    void theNextLifeFindsItsSlotsAndSweepsTheRest() throws Exception {
        var first = Slots.open(new NetworkConfig(2, NONE_READY.runDir()), owner);
        var kept = first.take();
        var lost = first.take();
        // the first life ends here without a word
        try (var other = Slots.open(NONE_READY, neighbour);
                var second = Slots.open(NONE_READY, owner)) {
            var foreign = other.take();
            second.sweep(Set.of(kept.index()));
            assertThat(exists(kept)).isTrue();
            assertThat(exists(lost)).isFalse();
            assertThat(exists(foreign)).isTrue();
            assertThat(second.adopt(kept.index())).isEqualTo(kept);
            assertThatThrownBy(() -> second.adopt(lost.index()))
                    .isInstanceOf(NetworkException.class)
                    .hasMessageContaining("not registered");
            assertThatThrownBy(() -> second.adopt(foreign.index()))
                    .isInstanceOf(NetworkException.class);
            second.sweep(Set.of()); // adopted slots are in use
            assertThat(exists(kept)).isTrue();
            second.release(kept);
            other.release(foreign);
        } finally {
            first.close();
            try (var last = Slots.open(NONE_READY, owner)) {
                last.sweep(Set.of()); // what the first life made ready after the sweep
            }
        }
        assertNothingLeft(owner, neighbour);
    }

    /// Beyond the few that are made at once the pool grows only while nobody takes slots.
    @Test
    void aQuietHostFillsItsPool() throws Exception {
        var all = new NetworkConfig(6, NONE_READY.runDir());
        try (var slots = Slots.open(all, owner)) {
            slots.release(slots.take());
            long end = System.nanoTime() + Duration.ofSeconds(60).toNanos();
            while (slots.ready() < 6) {
                assertThat(System.nanoTime()).as("%d are ready", slots.ready()).isLessThan(end);
                LockSupport.parkNanos(50_000_000);
            }
        }
        assertNothingLeft(owner, neighbour);
    }

    @Test
    void aHalfMadeSlotIsRemovedAndReplaced() throws Exception {
        try (var slots = Slots.open(NONE_READY, owner)) {
            var slot = slots.take();
            FakeGuest.run("", "ip", "netns", "del", slot.namespace());
            assertThatThrownBy(() -> slots.adopt(slot.index())).hasMessageContaining("has lost");
            slots.release(slot);
            assertThat(exists(slot)).isFalse();
            // a leftover nobody registered: its index is used all the same
            var next = new Slot(slot.index() + 1);
            Assumptions.assumeFalse(exists(next), "slot is another agent's");
            FakeGuest.run("", "ip", "netns", "add", next.namespace());
            var taken = slots.take();
            assertThat(taken).isEqualTo(next);
            assertThat(SlotMaker.complete(taken)).isTrue();
            slots.release(taken);
        }
    }

    @Test
    void slotsOfAnOwnerThatIsGoneAreSwept() throws Exception {
        var gone = Files.createDirectory(neighbour.resolve("gone"));
        var slot = Slots.open(NONE_READY, gone).take();
        Files.delete(gone);
        try (var slots = Slots.open(NONE_READY, owner)) {
            slots.sweep(Set.of());
            assertThat(exists(slot)).isFalse();
        }
    }

    @Test
    void removedHostRulesComeBackWithTheNextSlot() {
        try (var slots = Slots.open(NONE_READY, owner)) {
            FakeGuest.run("delete table inet wrenn\n", "nft", "-f", "-");
            var slot = slots.take();
            assertThat(Nft.run("", "nft", "list", "table", "inet", "wrenn").output())
                    .contains("masquerade", "wrenn-veth*");
            slots.release(slot);
        }
    }

    private static void assertNothingLeft(Path... owners) throws Exception {
        var registry = new Registry(NONE_READY.runDir(), owners[0]);
        for (var who : owners)
            assertThat(registry.all().values()).doesNotContain(who.toRealPath().toString());
        if (registry.all().isEmpty())
            assertThat(Nft.run("", "nft", "list", "table", "inet", "wrenn").ok()).isFalse();
    }
}
