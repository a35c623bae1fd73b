package dev.wrenn.host.vmm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.wrenn.common.model.CapsuleId;
import dev.wrenn.common.model.MemorySize;
import dev.wrenn.common.runtime.Teardown;
import dev.wrenn.host.linux.Fd;
import dev.wrenn.host.linux.Pidfd;
import dev.wrenn.host.memory.ImageStore;
import dev.wrenn.host.memory.LoadedImage;
import dev.wrenn.host.memory.MemorySaver;
import dev.wrenn.host.memory.MemorySaver.Tracking;
import dev.wrenn.host.memory.RamRegion;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// What every VMM behind the port must do, with real processes; needs root. Each VMM has a class of
/// its own that says how it is opened and how its guests are asked.
abstract class VmmContract {
    static final int UID = 700_000 + 40_000; // above those of slots
    static final MemorySize MEMORY = MemorySize.ofMib(192);
    private static final long EVENTUALLY_SECONDS = 60;
    private static final long LOOK_NANOS = 10_000_000;

    final Teardown world = new Teardown();
    @TempDir Path dir;
    Vmm vmm;
    TestGuest guest;
    private int images;

    /// Opens the VMM, another time with nothing but its files in common; skips with a reason where
    /// it cannot.
    abstract Vmm open() throws Exception;

    /// How messages begin that are about its process.
    abstract String program();

    abstract Path kernel();

    abstract Path initramfs();

    /// What a guest's disk begins with.
    abstract void fillDisk(Path disk) throws Exception;

    /// Arguments of the kernel that make it panic.
    abstract String panicking();

    /// Waits until the guest of a VM that was booted works.
    abstract void awaitUp(VmProcess vm) throws Exception;

    /// Waits until the guest of a VM that stood still works.
    abstract void awaitGoingOn(VmProcess vm) throws Exception;

    /// Checks that a guest stands still.
    abstract void checkStandsStill(VmProcess vm) throws Exception;

    /// Puts something into the guest's memory to find again.
    abstract void remember(VmProcess vm) throws Exception;

    /// Finds it again.
    abstract void checkRemembered(VmProcess vm) throws Exception;

    @BeforeEach
    void build() throws Exception {
        Assumptions.assumeTrue(System.getProperty("user.name").equals("root"), "needs root");
        Assumptions.assumeTrue(Files.exists(TestImages.LAUNCHER), "needs vmjail");
        vmm = open();
        guest = world.add(TestGuest.create());
    }

    @AfterEach
    void clear() {
        world.close();
    }

    Fd tap() throws Exception {
        return world.add(guest.tap());
    }

    VmSpec spec(Fd tap, String cmdline) throws Exception {
        var work = Files.createTempDirectory(dir, "vm");
        var disk = work.resolve("disk.ext4");
        try (var file = new RandomAccessFile(disk.toFile(), "rw")) {
            file.setLength(64 << 20);
        }
        Files.setPosixFilePermissions(disk, PosixFilePermissions.fromString("rw-------"));
        return new VmSpec(
                        CapsuleId.random(),
                        1,
                        MEMORY,
                        kernel(),
                        initramfs(),
                        cmdline,
                        disk,
                        tap,
                        TestGuest.MAC,
                        UID,
                        work)
                .of("template-of-the-test");
    }

    VmProcess boot(VmSpec spec) {
        var vm = vmm.boot(spec);
        world.onClose(vm::kill);
        return vm;
    }

    static List<String> openFiles(int pid) throws IOException {
        var open = new ArrayList<String>();
        try (var fds = Files.list(Path.of("/proc/" + pid + "/fd"))) {
            for (var fd : fds.toList()) {
                try {
                    open.add(Files.readSymbolicLink(fd).toString());
                } catch (java.nio.file.NoSuchFileException e) {
                    // closed meanwhile, for example the listing itself
                }
            }
        }
        return open;
    }

    /// Looks until something holds.
    static void eventually(String what, BooleanSupplier holds) {
        long until = System.nanoTime() + TimeUnit.SECONDS.toNanos(EVENTUALLY_SECONDS);
        while (!holds.getAsBoolean()) {
            assertThat(System.nanoTime()).as(what).isLessThan(until);
            LockSupport.parkNanos(LOOK_NANOS);
        }
    }

    @Test
    void aVmHoldsNothingButItsOwn() throws Exception {
        var tap = tap();
        var spec = spec(tap, TestGuest.CMDLINE);
        var vm = boot(spec);
        tap.close();
        int pid = vm.record().pid();
        var status = Files.readString(Path.of("/proc/" + pid + "/status"));
        assertThat(status)
                .contains("Uid:\t%d\t%<d\t%<d\t%<d\n".formatted(UID))
                .contains("Gid:\t%d\t%<d\t%<d\t%<d\n".formatted(UID))
                .containsPattern("Groups:\\s*\n")
                .contains("NoNewPrivs:\t1\n", "Seccomp:\t2\n")
                .contains("CapEff:\t0000000000000000\n", "CapBnd:\t0000000000000000\n");
        for (var space : new String[] {"net", "ipc", "uts", "mnt", "pid", "cgroup"})
            assertThat(Files.readSymbolicLink(Path.of("/proc/" + pid + "/ns/" + space)))
                    .isNotEqualTo(Files.readSymbolicLink(Path.of("/proc/self/ns/" + space)));
        assertThat(status).containsPattern("NSpid:\t" + pid + "\t1\n");
        assertThat(Walls.of(pid, List.of(dir, kernel().getParent())))
                .as("what doctor --security says")
                .hasSizeGreaterThan(6)
                .allMatch(Walls.Wall::up);
        for (var hidden : new String[] {"etc/passwd", "home", "root", "var", "sys", "tmp", "run"})
            assertThat(Path.of("/proc/" + pid + "/root", hidden)).doesNotExist();
        var root = Path.of("/proc/" + pid + "/root");
        assertThatThrownBy(() -> Files.createFile(root.resolve("more")))
                .hasMessageContaining("Read-only");
        assertThatThrownBy(() -> Files.createFile(root.resolve("usr/lib/more")))
                .hasMessageContaining("Read-only");
        assertThat(openFiles(pid))
                .allMatch(
                        file ->
                                file.startsWith("socket:")
                                        || file.startsWith("anon_inode:")
                                        || file.startsWith("/dev/")
                                        || file.startsWith("/memfd:")
                                        || file.startsWith("pipe:")
                                        || file.startsWith("/vm/")
                                        || file.equals(kernel().toString())
                                        || file.equals(initramfs().toString())
                                        || file.startsWith(spec.workDir().toString()),
                        "descriptors of the VM alone");
        assertThat(Files.readString(Path.of("/proc/" + pid + "/environ")).split("\0"))
                .containsExactlyInAnyOrder("PATH=/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL=C.UTF-8");
        vm.kill();
        assertThat(Path.of("/proc/" + pid)).doesNotExist();
        assertThat(vm.awaitExit()).isEqualTo(new Exit(Exit.Kind.ASKED, "ended on request"));
        assertThat(vm.isAlive()).isFalse();
        assertThat(vm.usage()).isEmpty();
        assertThat(vm.ram()).isEmpty();
    }

    @Test
    void theAgentLeaksNoDescriptor() throws Exception {
        boot(spec(tap(), TestGuest.CMDLINE)).kill(); // first use links what is loaded lazily
        world.close();
        build();
        int self = (int) ProcessHandle.current().pid();
        int before = openFiles(self).size();
        for (int i = 0; i < 5; i++) {
            try (var tap = guest.tap()) {
                boot(spec(tap, TestGuest.CMDLINE)).kill();
            }
        }
        eventually(
                "descriptors as before: " + before,
                () -> {
                    try {
                        return openFiles(self).size() <= before;
                    } catch (IOException e) {
                        throw new AssertionError(e);
                    }
                });
    }

    @Test
    void aGuestAnswersIsPausedResumedAndAdopted() throws Exception {
        var spec = spec(tap(), TestGuest.CMDLINE);
        fillDisk(spec.disk());
        var first = vmm.boot(spec);
        world.onClose(first::kill);
        awaitUp(first);
        first.pause();
        first.pause();
        checkStandsStill(first);
        first.resume();
        awaitGoingOn(first);
        assertThat(first.usage().orElseThrow().cpu()).isPositive();
        // the agent's next life knows the record only
        var record = first.record();
        first.detach();
        var second = open().adopt(record);
        world.onClose(second::kill);
        second.pause();
        second.resume();
        awaitGoingOn(second);
        assertThatThrownBy(() ->
                        vmm.adopt(
                                new VmRecord(
                                        record.pid(),
                                        record.startTime() + 1,
                                        record.uid(),
                                        record.workDir())))
                .isInstanceOf(VmmException.class)
                .hasMessageContaining("not the VM any more");
        var ended = new CompletableFuture<Exit>();
        second.onExit(ended::complete);
        try (var pidfd = Pidfd.open(record.pid())) {
            pidfd.signal(Pidfd.SIGKILL);
        }
        var exit = ended.get(10, TimeUnit.SECONDS);
        assertThat(exit.kind()).isEqualTo(Exit.Kind.FAILED);
        assertThat(exit.cause()).startsWith(program() + " ended");
        assertThatThrownBy(() -> vmm.adopt(record)).isInstanceOf(VmmException.class);
    }

    @Test
    void aGuestThatPanicsIsSaidWithItsLastWords() throws Exception {
        VmProcess vm;
        try {
            vm = boot(spec(tap(), TestGuest.CMDLINE + " " + panicking()));
        } catch (VmmException e) { // sooner than the request that started it was answered
            assertThat(e).hasMessageContaining("Kernel panic");
            return;
        }
        var exit = CompletableFuture.supplyAsync(() -> await(vm)).get(60, TimeUnit.SECONDS);
        assertThat(exit.kind()).isEqualTo(Exit.Kind.GUEST);
        assertThat(exit.cause()).contains("panicked").contains("Kernel panic");
    }

    static Exit await(VmProcess vm) {
        try {
            return vm.awaitExit();
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    @Test
    void aVmmKilledFromOutsideIsNoticed() throws Exception {
        var vm = boot(spec(tap(), TestGuest.CMDLINE));
        var ended = new CompletableFuture<Exit>();
        vm.onExit(ended::complete);
        try (var pidfd = Pidfd.open(vm.record().pid())) {
            pidfd.signal(Pidfd.SIGKILL);
        }
        assertThat(ended.get(10, TimeUnit.SECONDS))
                .isEqualTo(new Exit(Exit.Kind.FAILED, program() + " ended with signal SIGKILL"));
        vm.kill(); // nothing to do
        assertThatThrownBy(vm::pause).isInstanceOf(VmmException.class);
    }

    /// A boot, a save, a restore from the flat file of it; another save on top of that, and a
    /// restore through the pager.
    @Test
    void aSavedVmGoesOnFromAFileAndFromThePager() throws Exception {
        var first = spec(tap(), TestGuest.CMDLINE);
        fillDisk(first.disk());
        var vm = boot(first);
        first.tap().close(); // a restored VM gets it
        awaitUp(vm);
        remember(vm);
        var image = save(vm, null, Tracking.WRITTEN);
        vm.resume();
        awaitGoingOn(vm);
        vm.kill();
        var flat = image.flatPart().orElseThrow();
        vm = restore(image, new MemorySource.FileMap(flat));
        vm.resume();
        awaitGoingOn(vm);
        checkRemembered(vm);
        var next = save(vm, image, Tracking.PRIVATE_MAP_WRITTEN);
        assertThat(next.index().generation()).isEqualTo(image.index().generation() + 1);
        vm.kill();
        var pager = world.add(TestPager.start(dir));
        var session = pager.open("cl-paged", next.directory());
        vm = restore(next, new MemorySource.Pager(session.socket()));
        session.vmm(vm.record().pid());
        vm.resume();
        awaitGoingOn(vm);
        checkRemembered(vm);
        // a list that is of no use: everything is looked at
        var last = save(vm, next, Tracking.COMPARE);
        vm.resume();
        awaitGoingOn(vm);
        vm.kill();
        assertThat(session.event()).contains("ended");
        session.close();
        session = pager.open("cl-last", last.directory());
        vm = restore(last, new MemorySource.Pager(session.socket()));
        session.vmm(vm.record().pid());
        vm.resume();
        awaitGoingOn(vm);
        checkRemembered(vm);
        vm.kill();
        session.close();
    }

    /// The VM that an image makes, stopped.
    VmProcess restore(LoadedImage image, MemorySource source) throws Exception {
        var tap = guest.tap();
        try (tap) {
            var spec = spec(tap, "");
            copy(image.disk(), spec.disk());
            var vm = vmm.restore(spec.from(source), image.deviceState());
            world.onClose(vm::kill);
            assertThat(vm.ram().orElseThrow().size()).isEqualTo(MEMORY.bytes());
            return vm;
        }
    }

    /// Saves as an agent does, and leaves the VM stopped.
    LoadedImage save(VmProcess vm, @Nullable LoadedImage base, Tracking tracking) throws Exception {
        try (var draft = ImageStore.begin(dir.resolve("image" + images++))) {
            vm.pause();
            vm.saveDeviceState(draft.deviceState());
            var from = base == null ? null : base.base();
            boolean all = tracking == Tracking.COMPARE || tracking == Tracking.PRIVATE_MAP;
            var dump = vm.dump(all);
            var ram = vm.ram().orElseThrow();
            var saver = new MemorySaver();
            MemorySaver.Saved saved;
            if (dump.isPresent()) {
                try (var pages =
                        saver.dumped(
                                dump.get(),
                                ram.size(),
                                from,
                                tracking,
                                draft.memory(),
                                base == null)) {
                    saved = pages.write();
                }
                assertThat(Files.size(dump.get())).as("given back").isZero();
            } else {
                var regions = List.of(new RamRegion(ram.hostAddress(), ram.size(), 0));
                int pid = vm.record().pid();
                saved = saver.save(pid, regions, from, tracking, draft.memory(), base == null);
            }
            copy(Path.of(vm.record().workDir(), "disk.ext4"), draft.disk());
            var machine = Map.of("vmm", vmm.name());
            var image = draft.publish(saved, base, 1, machine, System.currentTimeMillis());
            ImageStore.verify(image);
            return ImageStore.load(image.directory());
        }
    }

    static void copy(Path from, Path to) throws Exception {
        TestGuest.run("", "cp", "--sparse=always", from.toString(), to.toString());
    }
}
