package dev.wrenn.tests.system;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.time.Duration;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/// VMs restored ahead of the creates they are for, on this machine.
@ExtendWith(Shared.class)
class WaitingVmTest {
    private static final Duration SOON = Duration.ofSeconds(60);
    private static final Duration QUIET = Duration.ofSeconds(1);
    private static final String WHO =
            "cat /etc/machine-id; head -c 16 /dev/urandom | od -An -tx1 | tr -d ' '; date +%s";

    private final Installation wrenn;
    private final Api api;

    WaitingVmTest(Installation wrenn) {
        this.wrenn = wrenn;
        this.api = wrenn.api();
    }

    @Test
    void aVmThatWaitedIsACapsuleLikeAnyOther() {
        api.destroy(api.create());
        var machines = new HashSet<String>();
        var randoms = new HashSet<String>();
        for (int i = 0; i < 4; i++) {
            var waiting = awaitWaiting();
            var id = api.create();
            assertThat(waiting).contains(wrenn.vmm(id).pid());
            assertThat(wrenn.vmm(id).command()).contains(id);
            var lines = api.output(id, WHO).lines().toList();
            machines.add(lines.get(0));
            randoms.add(lines.get(1));
            long error = Long.parseLong(lines.get(2)) - System.currentTimeMillis() / 1000;
            assertThat(Math.abs(error)).isLessThanOrEqualTo(2); // seconds, of a busy machine
            for (var call : List.of("pause", "resume"))
                api.post("/v1/capsules/" + id + "/" + call, "{}").expect(200);
            assertThat(api.output(id, "cat /etc/machine-id")).isEqualTo(lines.get(0) + "\n");
            api.destroy(id);
        }
        assertThat(machines).hasSize(4);
        assertThat(randoms).hasSize(4);
    }

    /// Fault: the VMs that wait are killed, then the agent.
    @Test
    void aCreateDoesNotNeedThem() {
        api.destroy(api.create());
        for (long pid : awaitWaiting()) new Proc(pid).kill();
        var id = api.create();
        assertThat(api.output(id, "echo on")).isEqualTo("on\n");
        var left = awaitWaiting();
        wrenn.part("agent").kill();
        Eventually.within(SOON, () -> assertThat(api.output(id, "echo on")).isEqualTo("on\n"));
        for (long pid : left) assertThat(new Proc(pid).alive()).isFalse();
        api.destroy(id);
    }

    /// VMMs that wait, once there are as many as there will be and they use no processor time:
    /// their guests have done what they do before they wait.
    private Set<Long> awaitWaiting() {
        return Eventually.within(
                SOON,
                () -> {
                    var still = Eventually.settled(SOON, QUIET, this::waiting);
                    assertThat(still).hasSizeGreaterThanOrEqualTo(2);
                    return still.keySet();
                });
    }

    /// Processor time by process.
    private Map<Long, String> waiting() {
        var found = new HashMap<Long, String>();
        for (var name : directories())
            for (var process : Proc.all())
                if (process.command().contains("-name " + name))
                    found.put(process.pid(), process.cpuTime());
        return found;
    }

    private List<String> directories() {
        try (var all = Files.list(wrenn.dataDir().resolve("host/waiting"))) {
            return all.map(directory -> directory.getFileName().toString()).toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
