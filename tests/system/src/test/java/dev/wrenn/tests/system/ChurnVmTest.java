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

    private final Installation wrenn;
    private final Api api;

    ChurnVmTest(Installation wrenn) {
        this.wrenn = wrenn;
        this.api = wrenn.api();
    }

    /// Everything that a capsule takes, counted or listed. Sockets are left out of the descriptors:
    /// kept connections come and go by themselves; they have a bound of their own.
    private record Inventory(
            int slots,
            List<String> taps,
            int links,
            String rules,
            List<String> mounts,
            int processes,
            List<String> cgroups,
            List<String> sockets,
            List<String> files,
            List<String> rows,
            Map<String, Integer> agentDescriptors,
            Map<String, Integer> controlDescriptors) {}

    @Test
    void aHundredCyclesLeaveNothing() throws Exception {
        var agent = wrenn.part("agent");
        var control = wrenn.part("control");
        cycles(WARM_UP); // classes, pools and slots that are kept ready are there afterwards
        var before = rested(agent, control);
        int socketsBefore = sockets(agent) + sockets(control);

        cycles(CYCLES);

        Eventually.within(REST, () -> assertThat(rested(agent, control)).isEqualTo(before));
        Eventually.within(
                REST,
                () ->
                        assertThat(sockets(agent) + sockets(control))
                                .isLessThanOrEqualTo(socketsBefore + WIDTH));
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

    private Inventory rested(Proc agent, Proc control) {
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
                footprint.processes().size(),
                Footprint.cgroups(),
                footprint.sockets(),
                footprint.files(),
                api.list(),
                withoutSockets(agent),
                withoutSockets(control));
    }

    private static Map<String, Integer> withoutSockets(Proc process) {
        var kinds = new TreeMap<>(process.descriptorKinds());
        kinds.remove("socket");
        return kinds;
    }

    private static int sockets(Proc process) {
        return process.descriptorKinds().getOrDefault("socket", 0);
    }
}
