package dev.wrenn.tests.system;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.extension.ExtendWith;

/// Every VM of a run has every wall: as the kernel says, and as the doctor says. How many VMs is
/// the property `wrenn.test.walls`.
@ExtendWith(Shared.class)
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class WallsVmTest {
    private static final int VMS = Integer.getInteger("wrenn.test.walls", 6);
    private static final Duration DOCTOR = Duration.ofMinutes(1);
    private static final List<String> SPACES = List.of("mnt", "net", "pid", "ipc", "uts", "cgroup");
    private static final List<String> CAPABILITIES =
            List.of("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb");

    /// What is a VMM's besides files: devices and what the kernel makes without a name.
    private static final String NAMELESS =
            "/dev/(null|net/tun|urandom|kvm|userfaultfd)|pipe:.*|socket:.*|/memfd:.*"
                    + "|anon_inode:\\[(eventfd|eventpoll|signalfd|timerfd|userfaultfd|kvm-.*)\\]";

    private final Installation wrenn;
    private final Api api;
    private final List<String> capsules = new ArrayList<>();

    WallsVmTest(Installation wrenn) {
        this.wrenn = wrenn;
        this.api = wrenn.api();
    }

    @BeforeAll
    void create() {
        for (int i = 0; i < VMS; i++) capsules.add(api.create("{\"memory_mb\":256}"));
    }

    @AfterAll
    void destroy() {
        for (var id : capsules) api.destroy(id);
    }

    @Test
    void noneHasPowers() {
        for (var id : capsules) {
            var vmm = wrenn.vmm(id);
            for (var set : CAPABILITIES) assertThat(vmm.field(set)).as(set).matches("0+");
            assertThat(vmm.field("NoNewPrivs")).as(id).isEqualTo("1");
            assertThat(vmm.field("Seccomp")).as(id).isEqualTo("2");
        }
    }

    /// Among all processes of the machine, not only among VMMs.
    @Test
    void eachHasAUserOfItsOwn() {
        var processes = new HashMap<String, List<Long>>();
        for (var process : Proc.all())
            for (var uid : new HashSet<>(List.of(process.field("Uid").split("\\s+"))))
                processes.computeIfAbsent(uid, _ -> new ArrayList<>()).add(process.pid());
        for (var id : capsules) {
            var vmm = wrenn.vmm(id);
            var uids = new HashSet<>(List.of(vmm.field("Uid").split("\\s+")));
            assertThat(uids).as(id).hasSize(1);
            var uid = uids.iterator().next();
            assertThat(Integer.parseInt(uid)).as(id).isGreaterThan(700_000);
            assertThat(vmm.field("Gid").split("\\s+")).as(id).containsOnly(uid);
            assertThat(processes.get(uid)).as(id).containsExactly(vmm.pid());
        }
    }

    @Test
    void noneSharesANamespace() {
        for (var space : SPACES) {
            var seen = new HashSet<String>();
            seen.add(new Proc(ProcessHandle.current().pid()).namespace(space));
            seen.add(new Proc(1).namespace(space));
            for (var id : capsules) {
                var own = wrenn.vmm(id).namespace(space);
                assertThat(own).as(id).startsWith(space + ":");
                assertThat(seen.add(own)).as("%s of %s is its own", space, id).isTrue();
            }
        }
    }

    /// Files of its capsule, and to read the images of all; nothing of another capsule.
    @Test
    void eachHoldsOnlyWhatIsListed() {
        var host = wrenn.dataDir().resolve("host");
        for (var id : capsules) {
            var own = host.resolve("sandboxes").resolve(id) + "/";
            var readable =
                    "(" + host + "/((snapshots/" + id + "|warm|kernels)/.*|lib/libramshim.so))";
            var vmm = wrenn.vmm(id);
            assertThat(vmm.descriptors())
                    .as(id)
                    .isNotEmpty()
                    .allSatisfy(target ->
                            assertThat(target)
                                    .matches(one ->
                                            one.startsWith(own)
                                                    || one.matches(NAMELESS)
                                                    || one.matches(readable)));
            assertThat(vmm.writable())
                    .as(id)
                    .isNotEmpty()
                    .allSatisfy(target ->
                            assertThat(target)
                                    .matches(one -> one.startsWith(own) || one.matches(NAMELESS)));
        }
    }

    /// VMs that wait for creates come and go meanwhile: the verdict is about those of this run.
    @Test
    void theDoctorSaysSoForEachOfThem() {
        var lines = wrenn.run(DOCTOR, "doctor", "--security").text().lines().toList();
        for (var id : capsules) {
            var title = "- +VM " + id + " +process " + wrenn.vmm(id).pid();
            var heads =
                    IntStream.range(0, lines.size())
                            .filter(i -> lines.get(i).matches(title))
                            .boxed()
                            .toList();
            assertThat(heads).as("%s in %s", title, lines).hasSize(1);
            int head = heads.getFirst();
            var walls =
                    lines.subList(head + 1, lines.size()).stream()
                            .takeWhile(line -> line.matches("(ok|not ok) .*"))
                            .toList();
            assertThat(walls)
                    .as(id)
                    .hasSize(10)
                    .allSatisfy(line -> assertThat(line).startsWith("ok "));
        }
    }
}
