package dev.wrenn.host.disk;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.wrenn.common.model.MemorySize;
import dev.wrenn.host.linux.Command;
import dev.wrenn.host.linux.Mounts;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Real file systems: the one below the temporary directory, a tmpfs, XFS in a file; mounts need
/// root.
class DisksContractTest {
    private static final MemorySize MIB = MemorySize.ofMib(1);
    private static final MemorySize LARGE = MemorySize.ofMib(600);
    private static final DiskConfig NO_RESERVE = new DiskConfig(new MemorySize(0));

    @TempDir Path dir;

    /// 64 MiB long with 3 MiB of data in three places, a hole at the end.
    private static byte[][] sparseImage(Path file) throws IOException {
        var random = new Random(42);
        var parts = new byte[3][1 << 20];
        try (var out = new RandomAccessFile(file.toFile(), "rw")) {
            for (int i = 0; i < parts.length; i++) {
                random.nextBytes(parts[i]);
                out.seek(i * (20L << 20));
                out.write(parts[i]);
            }
            out.setLength(64L << 20);
        }
        return parts;
    }

    private static long allocated(Path file) throws Exception {
        return 512 * Long.parseLong(run("stat", "-c", "%b", file.toString()).strip());
    }

    private static String run(String... argv) throws Exception {
        var result = Command.run(Duration.ofSeconds(30), "", List.of(argv));
        assertThat(result.ok()).as(result.output()).isTrue();
        return result.output();
    }

    private static void root() {
        Assumptions.assumeTrue(System.getProperty("user.name").equals("root"), "needs root");
    }

    private static void checkClone(Disks disks, Path where) throws Exception {
        var image = where.resolve("image");
        var parts = sparseImage(image);
        var clone = where.resolve("clone");
        Files.writeString(clone, "an older one, replaced");
        disks.cloneImage(image, clone, MemorySize.ofMib(100));
        assertThat(Files.size(clone)).isEqualTo(100L << 20);
        assertThat(allocated(clone)).isLessThan(8L << 20);
        assertThat(Files.getPosixFilePermissions(clone))
                .isEqualTo(PosixFilePermissions.fromString("rw-------"));
        try (var in = new RandomAccessFile(clone.toFile(), "r")) {
            for (int i = 0; i < parts.length; i++) {
                var read = new byte[1 << 20];
                in.seek(i * (20L << 20));
                in.readFully(read);
                assertThat(read).isEqualTo(parts[i]);
            }
        }
        try (var out = new RandomAccessFile(clone.toFile(), "rw")) {
            out.write(1); // the copy is a file of its own
        }
        try (var in = new RandomAccessFile(image.toFile(), "r")) {
            assertThat((byte) in.read()).isEqualTo(parts[0][0]);
        }
        // never smaller than the image
        disks.cloneImage(image, clone, MIB);
        assertThat(Files.size(clone)).isEqualTo(64L << 20);
        try (var names = Files.list(where)) {
            assertThat(names.map(file -> file.getFileName().toString()))
                    .contains("image", "clone")
                    .noneMatch(name -> name.endsWith(".tmp"));
        }
    }

    @Test
    void clonesKeepDataAndHolesWhereverTheyAre() throws Exception {
        checkClone(new Disks(dir, NO_RESERVE), dir);
    }

    @Test
    void aFileSystemWithSharedBlocksIsMadeMountedUsedAndRemoved() throws Exception {
        root();
        var file = dir.resolve("host.xfs");
        var place = dir.resolve("a place");
        var volume = new XfsVolume(file, place);
        Assumptions.assumeFalse(Disks.sharesBlocks(dir), "shares blocks already");
        assertThat(volume.mount(LARGE)).isEqualTo(new XfsVolume.Outcome.Mounted(true));
        try {
            assertThat(volume.mount(LARGE)).isEqualTo(new XfsVolume.Outcome.Mounted(false));
            var disks = new Disks(place, NO_RESERVE);
            assertThat(disks.reflink()).isTrue();
            checkClone(disks, place);
            // an image on the other file system is copied
            sparseImage(dir.resolve("elsewhere"));
            disks.cloneImage(dir.resolve("elsewhere"), place.resolve("far"), MIB);
            assertThat(Files.mismatch(dir.resolve("elsewhere"), place.resolve("far")))
                    .isEqualTo(-1);
        } finally {
            volume.unmount();
        }
        assertThat(volume.isMounted()).isFalse();
        assertThat(run("losetup", "--associated", file.toString())).isEmpty();
        volume.unmount();
        // what was in it is there the next time
        assertThat(volume.mount(LARGE)).isEqualTo(new XfsVolume.Outcome.Mounted(false));
        try {
            assertThat(place.resolve("far")).exists();
            // below it nothing more is needed
            assertThat(new XfsVolume(place.resolve("x"), place.resolve("y")).mount(LARGE))
                    .isEqualTo(new XfsVolume.Outcome.NotNeeded());
        } finally {
            volume.unmount();
        }
    }

    /// The kernel may let go of files after the process that had them is gone.
    @Test
    void unmountingWaitsUntilFilesAreLetGo() throws Exception {
        root();
        Assumptions.assumeFalse(Disks.sharesBlocks(dir), "shares blocks already");
        var place = dir.resolve("busy");
        var volume = new XfsVolume(dir.resolve("busy.xfs"), place);
        assertThat(volume.mount(LARGE)).isEqualTo(new XfsVolume.Outcome.Mounted(true));
        Thread unmounting;
        try (var _ = Files.newOutputStream(place.resolve("open"))) {
            unmounting = Thread.ofPlatform().start(volume::unmount);
            while (!sleeps(unmounting)) { // between two attempts
                assertThat(unmounting.isAlive()).isTrue();
                Thread.onSpinWait();
            }
            assertThat(volume.isMounted()).isTrue();
        }
        unmounting.join();
        assertThat(volume.isMounted()).isFalse();
    }

    private static boolean sleeps(Thread thread) {
        return Stream.of(thread.getStackTrace())
                .anyMatch(frame -> frame.getMethodName().equals("sleep"));
    }

    @Test
    void aVolumeThatCannotBeMountedIsSaid() throws Exception {
        root();
        Assumptions.assumeFalse(Disks.sharesBlocks(dir), "shares blocks already");
        var used = Files.createDirectories(dir.resolve("used"));
        Files.createFile(used.resolve("file"));
        assertThat(new XfsVolume(dir.resolve("v"), used).mount(LARGE))
                .isInstanceOfSatisfying(
                        XfsVolume.Outcome.Unavailable.class,
                        outcome -> assertThat(outcome.reason()).contains("holds files"));
        Files.writeString(dir.resolve("rubbish"), "not a file system");
        assertThat(new XfsVolume(dir.resolve("rubbish"), dir.resolve("p")).mount(LARGE))
                .isInstanceOfSatisfying(
                        XfsVolume.Outcome.Unavailable.class,
                        outcome -> assertThat(outcome.reason()).contains("mount"));
        assertThat(Mounts.at(dir.resolve("p"))).isEmpty();
    }

    @Test
    void aFullDiskIsSaidInWordsAndLeavesNothing() throws Exception {
        root();
        var small = Files.createDirectories(dir.resolve("small"));
        run("mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", small.toString());
        try {
            var image = dir.resolve("image");
            sparseImage(image);
            var disks = new Disks(small, NO_RESERVE);
            assertThat(disks.reflink()).isFalse();
            assertThatThrownBy(() -> disks.cloneImage(image, small.resolve("clone"), MIB))
                    .isInstanceOf(DiskFullException.class)
                    .hasMessageContaining("disk full")
                    .hasMessageContaining("needed 3 MiB");
            var careful = new Disks(small, new DiskConfig(MemorySize.ofMib(50)));
            assertThatThrownBy(() -> careful.requireFree(MIB))
                    .hasMessageContaining("needed 51 MiB");
            try (var names = Files.list(small)) {
                assertThat(names).isEmpty();
            }
            // full in the middle: what was free is used up by someone else
            Files.write(small.resolve("other"), new byte[(2 << 20) - (64 << 10)]);
            Files.write(dir.resolve("dense"), new byte[32 << 10]);
            disks.cloneImage(dir.resolve("dense"), small.resolve("fits"), new MemorySize(0));
            assertThatThrownBy(() -> Files.write(small.resolve("more"), new byte[1 << 20]))
                    .isInstanceOf(IOException.class);
            assertThatThrownBy(() -> new Disks(small, NO_RESERVE))
                    .isInstanceOf(DiskFullException.class);
        } finally {
            run("umount", small.toString());
        }
    }

    @Test
    void aMissingImageIsSaid() {
        var disks = new Disks(dir, NO_RESERVE);
        assertThatThrownBy(() -> disks.cloneImage(dir.resolve("none"), dir.resolve("clone"), MIB))
                .isInstanceOf(DiskException.class)
                .hasMessageContaining("none")
                .hasMessageContaining("no such file");
        assertThat(disks.free().mib()).isPositive();
    }
}
