package dev.wrenn.host.vmm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.wrenn.common.model.CapsuleId;
import dev.wrenn.common.model.MemorySize;
import dev.wrenn.common.runtime.Teardown;
import dev.wrenn.host.linux.ErrnoException;
import dev.wrenn.host.linux.PageScan;
import dev.wrenn.host.linux.Posix;
import dev.wrenn.host.linux.ProcessMemory;
import dev.wrenn.host.memory.ImageStore;
import dev.wrenn.host.memory.LoadedImage;
import dev.wrenn.host.memory.Mapping;
import dev.wrenn.host.memory.MemoryIndex;
import dev.wrenn.host.memory.MemorySaver;
import dev.wrenn.host.memory.MemorySaver.Tracking;
import dev.wrenn.host.memory.RamRegion;
import dev.wrenn.host.memory.ReflinkVolume;
import java.io.RandomAccessFile;
import java.lang.foreign.Arena;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.BitSet;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Real guests that are saved, killed and restored, over generations; needs root. Prints how long
/// the steps take.
class SaveRestoreContractTest {
    private static final int UID = 700_000 + 40_000; // above those of slots
    private static final int PAGE = MemoryIndex.BLOCK;
    private static final MemorySize MEMORY = MemorySize.ofMib(256);
    private static final long DIRT = 8L << 20;
    private static final Set<Tracking> MAPPED =
            EnumSet.of(Tracking.PRIVATE_MAP, Tracking.PRIVATE_MAP_WRITTEN);
    private static final Path RAMSHIM =
            Path.of(System.getProperty("wrenn.root", "."), "native/target/release/libramshim.so");
    private static final VmmConfig PLAIN =
            new VmmConfig(
                    VmmConfig.Mode.TCG,
                    "qemu-system-x86_64",
                    TestImages.LAUNCHER,
                    Duration.ofSeconds(20),
                    Duration.ofSeconds(20));

    private final Teardown world = new Teardown();
    @TempDir Path dir;
    private TestGuest guest;
    private QemuVmm vmm;
    private int names;

    @BeforeEach
    void build() throws Exception {
        Assumptions.assumeTrue(System.getProperty("user.name").equals("root"), "needs root");
        Assumptions.assumeTrue(TestImages.rootfs().isPresent(), "needs built images");
        Assumptions.assumeTrue(Files.exists(RAMSHIM), "needs libramshim.so");
        Assumptions.assumeTrue(Files.exists(TestImages.LAUNCHER), "needs vmjail");
        vmm = open(PLAIN.withRamshim(RAMSHIM));
        guest = world.add(TestGuest.create());
    }

    @AfterEach
    void clear() {
        world.close();
    }

    private QemuVmm open(VmmConfig config) {
        return QemuVmm.open(
                config,
                dir,
                TestImages.kernel().orElseThrow(),
                TestImages.initramfs().orElseThrow());
    }

    /// Flat images on a file system with reflink: mapped, tracked, saved again, while running and
    /// after a restore.
    @Test
    void aVmGoesOnFromAFlatImageAndTellsWhatItWrote() throws Exception {
        var data = world.add(ReflinkVolume.in(dir, 1L << 30)).path();
        var disk = data.resolve("template.ext4");
        copy(TestImages.rootfs().orElseThrow(), disk);
        var vm = boot(vmm, data, disk);
        var content = fill();
        assertThat(vm.ram().orElseThrow().size()).isEqualTo(MEMORY.bytes());
        assertThat(vm.ram().orElseThrow().tracking()).isTrue();
        var image = save(vm, null, Tracking.WRITTEN, true, data);
        // it goes on after a save, and the next one has only what was written since
        guest.exec("head -c " + DIRT + " /dev/urandom > /dev/shm/more");
        assertThat(guest.exec("cat /dev/shm/sums")).isEqualTo(content);
        image = save(vm, image, Tracking.WRITTEN, true, data);
        vm.kill();
        for (int round = 0; round < 3; round++) {
            var flat = image.flatPart().orElseThrow();
            vm = restore(data, image, new MemorySource.FileMap(flat));
            checkContent(content);
            // a later life of the agent knows where its memory is
            var ram = vm.ram();
            assertThat(ram.orElseThrow().tracking()).isTrue();
            vm.detach();
            vm = world.add(vmm.adopt(vm.record()));
            assertThat(vm.ram()).isEqualTo(ram);
            guest.exec("head -c " + DIRT + " /dev/urandom > /dev/shm/more; rm /dev/shm/zeroed");
            guest.exec("head -c " + DIRT + " /dev/zero > /dev/shm/zeroed");
            if (round == 1) {
                vm.pause();
                checkTracking(vm, image, data);
                vm.resume();
                // fault: that save is given up, and with it the list of what was written
                image = save(vm, image, Tracking.PRIVATE_MAP, true, data);
                guest.exec("head -c " + DIRT + " /dev/urandom > /dev/shm/more");
                image = save(vm, image, Tracking.PRIVATE_MAP_WRITTEN, true, data);
            } else {
                image = save(vm, image, Tracking.PRIVATE_MAP_WRITTEN, true, data);
            }
            vm.kill();
        }
    }

    /// Layered images on any file system, their pages served one by one; the first VM has no
    /// ramshim, so that QEMU is asked and pages are compared.
    @Test
    void aVmGoesOnFromALayeredImageThroughThePager() throws Exception {
        var plain = open(PLAIN);
        var vm = boot(plain, dir, TestImages.rootfs().orElseThrow());
        var content = fill();
        assertThat(vm.ram().orElseThrow().size()).isEqualTo(MEMORY.bytes());
        assertThat(vm.ram().orElseThrow().tracking()).isFalse();
        var image = save(vm, null, Tracking.COMPARE, true, dir);
        vm.kill();
        var state = image.deviceState();
        var spec = spec(dir, image.disk());
        var source = new MemorySource.FileMap(image.flatPart().orElseThrow());
        assertThatThrownBy(() -> plain.restore(spec.from(source), state))
                .isInstanceOf(VmmException.class)
                .hasMessageContaining("libramshim.so");
        spec.tap().close();
        var pager = world.add(TestPager.start(dir));
        for (int round = 0; round < 3; round++) {
            var session = pager.open("cl-" + round, image.directory());
            vm = restore(dir, image, new MemorySource.Pager(session.socket()));
            session.vmm(vm.record().pid());
            checkContent(content);
            guest.exec("head -c " + DIRT + " /dev/urandom > /dev/shm/more");
            var next = save(vm, image, Tracking.WRITTEN, false, dir);
            assertThat(next.index().generation()).isEqualTo(image.index().generation() + 1);
            vm.kill();
            assertThat(session.event()).contains("ended");
            session.close();
            image = next;
        }
    }

    /// Fault: a state cut short, one that is none, memory of another size.
    @Test
    void whatCannotBeLoadedIsSaidAndLeavesNothing() throws Exception {
        var memory = dir.resolve("memory");
        try (var file = new RandomAccessFile(memory.toFile(), "rw")) {
            file.setLength(MEMORY.bytes());
        }
        var state = Files.writeString(dir.resolve("state"), "not the state of a VM");
        var spec = spec(dir, memory);
        world.add(spec.tap());
        var source = new MemorySource.FileMap(memory);
        assertThatThrownBy(() -> vmm.restore(spec.from(source), state))
                .isInstanceOf(VmmException.class)
                .hasMessageContaining("QEMU ended at once")
                .hasMessageContaining("load of migration failed");
        assertThat(ProcessHandle.current().children()).noneMatch(this::isVm);
        try (var file = new RandomAccessFile(memory.toFile(), "rw")) {
            file.setLength(MEMORY.bytes() - PAGE);
        }
        assertThatThrownBy(() -> vmm.restore(spec.from(source), state))
                .isInstanceOf(VmmException.class)
                .hasMessageContaining("expected: " + MEMORY.bytes());
        assertThatThrownBy(() -> vmm.restore(spec, state))
                .isInstanceOf(IllegalArgumentException.class);
    }

    private boolean isVm(ProcessHandle process) {
        return process.info().command().orElse("").contains("qemu");
    }

    private VmSpec spec(Path data, Path disk) throws Exception {
        var work = Files.createTempDirectory(data, "vm");
        var own = work.resolve("disk.ext4");
        copy(disk, own);
        return new VmSpec(
                CapsuleId.random(),
                1,
                MEMORY,
                TestImages.kernel().orElseThrow(),
                TestImages.initramfs().orElseThrow(),
                TestGuest.CMDLINE,
                own,
                guest.tap(),
                TestGuest.MAC,
                UID,
                work);
    }

    private VmProcess boot(QemuVmm vmm, Path data, Path disk) throws Exception {
        var spec = spec(data, disk);
        try (var _ = spec.tap()) {
            return world.add(vmm.boot(spec));
        }
    }

    private VmProcess restore(Path data, LoadedImage image, MemorySource source) throws Exception {
        var spec = spec(data, image.disk());
        try (var _ = spec.tap()) {
            long start = System.nanoTime();
            var vm = world.add(vmm.restore(spec.from(source), image.deviceState()));
            long loaded = System.nanoTime();
            vm.resume();
            guest.awaitHealth();
            print(
                    "restored (%s): loaded %.1f ms, answers %.1f ms",
                    source.getClass().getSimpleName(),
                    ms(loaded - start),
                    ms(System.nanoTime() - start));
            return vm;
        }
    }

    /// Known content in memory, in a page cache never synced, and their sums.
    private String fill() throws Exception {
        guest.awaitHealth();
        guest.init();
        guest.exec("head -c 8388608 /dev/urandom > /dev/shm/kept");
        guest.exec("head -c 1048576 /dev/urandom > /var/tmp/unsynced");
        guest.exec("head -c 4194304 /dev/urandom > /dev/shm/zeroed");
        return guest.exec(
                "sha256sum /dev/shm/kept /var/tmp/unsynced > /dev/shm/sums; cat /dev/shm/sums");
    }

    private void checkContent(String content) throws Exception {
        assertThat(guest.exec("cat /dev/shm/sums")).isEqualTo(content);
        guest.exec("sha256sum -c /dev/shm/sums");
    }

    /// Saves as an agent does: the guest waits for what must be of one instant only.
    private LoadedImage save(
            VmProcess vm, @Nullable LoadedImage base, Tracking tracking, boolean flat, Path data)
            throws Exception {
        try (var draft = ImageStore.begin(data.resolve("image" + names++))) {
            long start = System.nanoTime();
            vm.pause();
            long paused = System.nanoTime();
            vm.saveDeviceState(draft.deviceState());
            long state = System.nanoTime();
            var saved = dump(vm, base, tracking, draft.memory(), flat);
            long memory = System.nanoTime();
            copy(disk(vm), draft.disk());
            long disk = System.nanoTime();
            if (flat) checkWhole(vm, draft.memory(), MAPPED.contains(tracking));
            long checked = System.nanoTime();
            vm.resume();
            long end = System.nanoTime();
            long changed = bytes(saved.changes());
            print(
                    "saved %s: pause %.1f state %.1f memory %.1f disk %.1f resume %.1f ms,"
                            + " blackout %.1f ms, %d pages scanned, %.1f MiB changed",
                    tracking,
                    ms(paused - start),
                    ms(state - paused),
                    ms(memory - state),
                    ms(disk - memory),
                    ms(end - checked),
                    ms(end - start - (checked - disk)),
                    saved.scannedPages(),
                    changed / 1048576.0);
            if (base != null) // what was written, and what a kernel and envd need to do that
            assertThat(changed).isBetween(DIRT, DIRT * 2 + (24L << 20));
            var machine = Map.of("vmm", vmm.name());
            var image = draft.publish(saved, base, 1, machine, System.currentTimeMillis());
            ImageStore.verify(image);
            return ImageStore.load(image.directory());
        }
    }

    private static MemorySaver.Saved dump(
            VmProcess vm, @Nullable LoadedImage base, Tracking tracking, Path part, boolean flat)
            throws Exception {
        var ram = vm.ram().orElseThrow();
        var regions = List.of(new RamRegion(ram.hostAddress(), ram.size(), 0));
        var from = base == null ? null : base.base();
        return new MemorySaver().save(vm.record().pid(), regions, from, tracking, part, flat);
    }

    /// Oracle: every byte of the guest's memory is in the file. Of empty memory only what is there
    /// is read: reading would put pages of zeros into the rest, which counts as writing.
    private static void checkWhole(VmProcess vm, Path flat, boolean mapped) throws Exception {
        var ram = vm.ram().orElseThrow();
        int pid = vm.record().pid();
        try (var arena = Arena.ofConfined();
                var scan = PageScan.of(pid);
                var file = FileChannel.open(flat, StandardOpenOption.READ)) {
            var stored = file.map(FileChannel.MapMode.READ_ONLY, 0, ram.size(), arena);
            var memory = arena.allocate(ram.size(), PAGE); // zeros
            long end = ram.hostAddress() + ram.size();
            var runs =
                    mapped
                            ? List.of(new PageScan.Run(ram.hostAddress(), end))
                            : scan.runs(ram.hostAddress(), end, PageScan.Filter.PRESENT_PAGES);
            for (var run : runs) {
                long at = run.start() - ram.hostAddress();
                ProcessMemory.read(pid, List.of(run), memory.asSlice(at, run.length()));
            }
            assertThat(memory.mismatch(stored)).as("first difference from %s", flat).isEqualTo(-1);
        }
    }

    /// Oracle: each page that differs from the base, found by looking at all of them, is among the
    /// tracked ones.
    private static void checkTracking(VmProcess vm, LoadedImage base, Path data) throws Exception {
        var all = dump(vm, base, Tracking.COMPARE, data.resolve("compared"), false);
        var tracked = dump(vm, base, Tracking.PRIVATE_MAP_WRITTEN, data.resolve("tracked"), false);
        var missed = new BitSet();
        for (var change : all.changes())
            for (long at = change.offset(); at < change.end(); at += PAGE)
                if (!change.isZero() || !base.index().at(at).isZero())
                    missed.set((int) (at / PAGE));
        int different = missed.cardinality();
        for (var change : tracked.changes())
            missed.clear((int) (change.offset() / PAGE), (int) (change.end() / PAGE));
        print(
                "oracle: %d pages differ, %d tracked, %d looked at",
                different, bytes(tracked.changes()) / PAGE, all.scannedPages());
        assertThat(different).isGreaterThan((int) (DIRT / PAGE));
        assertThat(missed.isEmpty()).as("differing pages not tracked: %s", missed).isTrue();
    }

    private static long bytes(List<Mapping> changes) {
        return changes.stream().mapToLong(Mapping::length).sum();
    }

    private static Path disk(VmProcess vm) {
        return Path.of(vm.record().workDir(), "disk.ext4");
    }

    private static void copy(Path from, Path to) throws Exception {
        try (var source = Posix.open(from, Posix.O_RDONLY);
                var target = Posix.open(to, Posix.O_RDWR | Posix.O_CREAT, 0600)) {
            Posix.ficlone(target, source);
        } catch (ErrnoException e) {
            TestGuest.run("", "cp", "--sparse=always", from.toString(), to.toString());
        }
    }

    private static double ms(long nanos) {
        return nanos / 1e6;
    }

    private static void print(String format, Object... values) {
        System.out.println("[timing] " + String.format(format, values));
    }
}
