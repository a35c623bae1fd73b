package dev.wrenn.tests.system;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/// A hundred capsules come and go, four at a time: the machine is as before.
@ExtendWith(Shared.class)
class ChurnVmTest {
    private static final int WARM_UP = 4;
    private static final int CYCLES = 100;
    private static final int WIDTH = 4;
    private static final Duration REST = Duration.ofSeconds(90);

    /// Connections that a control plane keeps to its database at most, the default setting.
    private static final int DATABASE_CONNECTIONS = 16;

    private final Installation wrenn;
    private final Api api;

    ChurnVmTest(Installation wrenn) {
        this.wrenn = wrenn;
        this.api = wrenn.api();
    }

    /// Everything that a capsule takes, counted or listed. Sockets are left out of the descriptors
    /// and, out of the processes, the database's for each of its connections: kept connections come
    /// and go by themselves; both have a bound of their own.
    private record Inventory(
            int slots,
            List<String> taps,
            int links,
            String rules,
            List<String> mounts,
            long processes,
            List<String> cgroups,
            List<String> sockets,
            List<String> files,
            List<String> rows,
            Map<String, Integer> agentDescriptors,
            Map<String, Integer> controlDescriptors) {
        Inventory with(List<String> otherCgroups) {
            return new Inventory(
                    slots,
                    taps,
                    links,
                    rules,
                    mounts,
                    processes,
                    otherCgroups,
                    sockets,
                    files,
                    rows,
                    agentDescriptors,
                    controlDescriptors);
        }
    }

    @Test
    void aHundredCyclesLeaveNothing() throws Exception {
        var agent = wrenn.part("agent");
        var control = wrenn.part("control");
        cycles(WARM_UP); // classes, pools and slots that are kept ready are there afterwards
        var before = rested(agent, control);
        long socketsBefore = sockets(agent, control);

        cycles(CYCLES);

        rested(agent, control);
        Eventually.within(
                REST,
                () -> {
                    var after = inventory(agent, control);
                    // One that somebody else's dead VM had left may be gone.
                    assertThat(before.cgroups()).containsAll(after.cgroups());
                    assertThat(after.with(before.cgroups())).isEqualTo(before);
                });
        Eventually.within(
                REST,
                () ->
                        assertThat(sockets(agent, control))
                                .isLessThanOrEqualTo(socketsBefore + WIDTH));
        assertThat(connections()).isLessThanOrEqualTo(DATABASE_CONNECTIONS);
    }

    private void cycles(int count) throws Exception {
        try (var workers = Executors.newFixedThreadPool(WIDTH)) {
            Callable<Void> cycle =
                    () -> {
                        var id = api.create();
                        assertThat(api.output(id, "echo alive")).isEqualTo("alive\n");
                        api.destroy(id);
                        assertThat(api.status(id)).isEqualTo("stopped");
                        return null;
                    };
            for (var done :
                    workers.invokeAll(IntStream.range(0, count).mapToObj(_ -> cycle).toList())) {
                done.get();
            }
        }
    }

    /// What is there when the VMs that waited for more creates were given up as well.
    private Inventory rested(Proc agent, Proc control) {
        // nobody takes one any more: first they are complete, then there are none
        var waiting = wrenn.dataDir().resolve("host/waiting");
        Eventually.within(REST, () -> assertThat(waiting).isNotEmptyDirectory());
        Eventually.within(REST, () -> assertThat(waiting).isEmptyDirectory());
        return Eventually.settled(REST, Duration.ofSeconds(2), () -> inventory(agent, control));
    }

    private Inventory inventory(Proc agent, Proc control) {
        var footprint = wrenn.footprint();
        var slots = footprint.slots();
        var taps =
                Footprint.taps(slots).stream().map(tap -> tap.replaceFirst("^\\d+ ", "")).toList();
        return new Inventory(
                slots.size(),
                taps,
                Footprint.networkOf(slots).size(),
                Footprint.rules(),
                footprint.mounts(),
                footprint.processes().stream().filter(p -> !isConnection(p)).count(),
                Footprint.cgroups(),
                footprint.sockets(),
                footprint.files(),
                api.list(),
                withoutSockets(agent),
                withoutSockets(control));
    }

    /// A server process of PostgreSQL that serves one client: only these name an address.
    private static boolean isConnection(Proc process) {
        return process.command().matches("postgres: \\S+ \\S+ [0-9a-f.:]+\\(\\d+\\).*");
    }

    private static Map<String, Integer> withoutSockets(Proc process) {
        var kinds = new TreeMap<>(process.descriptorKinds());
        kinds.remove("socket");
        return kinds;
    }

    /// Sockets of both processes, but for those of the control plane to its database.
    private long sockets(Proc agent, Proc control) {
        return sockets(agent) + sockets(control) - connections();
    }

    private static int sockets(Proc process) {
        return process.descriptorKinds().getOrDefault("socket", 0);
    }

    private long connections() {
        return wrenn.footprint().processes().stream().filter(ChurnVmTest::isConnection).count();
    }
}
