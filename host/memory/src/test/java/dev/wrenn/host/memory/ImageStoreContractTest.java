package dev.wrenn.host.memory;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.wrenn.host.memory.MemorySaver.Tracking;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Images of this very process's memory, on the real file systems.
class ImageStoreContractTest {
    private static final int PAGE = MemoryIndex.BLOCK;
    private static final int PAGES = 512;
    private static final long PID = ProcessHandle.current().pid();

    @TempDir Path directory;

    private final long seed = System.nanoTime();
    private final Random random = new Random(seed);

    @Test
    void layersReadBackAndSurviveTheDeletionOfTheirParents() throws Exception {
        try (var arena = Arena.ofShared()) {
            var ram = arena.allocate((long) PAGES * PAGE, PAGE);
            LoadedImage image = null;
            for (int generation = 0; generation < MemoryIndex.MAX_GENERATIONS; generation++) {
                scribble(ram);
                var next = publish(ram, image, directory.resolve("image" + generation), false);
                if (image != null) ImageStore.remove(image.directory());
                image = ImageStore.load(next.directory());
                assertThat(content(image)).as("seed %d", seed).isEqualTo(ram.toArray(JAVA_BYTE));
                ImageStore.verify(image);
            }
            try (var left = Files.list(directory)) {
                assertThat(left).hasSize(1);
            }
        }
    }

    @Test
    void flatImagesShareBlocksAndStayMappableAsOneFile() throws Exception {
        try (var volume = ReflinkVolume.in(directory);
                var arena = Arena.ofShared()) {
            var ram = arena.allocate((long) PAGES * PAGE, PAGE);
            LoadedImage image = null;
            for (int round = 0; round < 12; round++) { // more than generations: each is a first one
                scribble(ram);
                image = publish(ram, image, volume.path().resolve("image" + round), true);
                var loaded = ImageStore.load(image.directory());
                ImageStore.verify(loaded);
                var flat = loaded.flatPart().orElseThrow();
                assertThat(Files.readAllBytes(flat))
                        .as("seed %d", seed)
                        .isEqualTo(ram.toArray(JAVA_BYTE));
            }
        }
    }

    /// Fault: one flipped bit, in each file of the image.
    @Test
    void everyFlippedByteIsFoundAndTheImageIsKept() throws Exception {
        try (var arena = Arena.ofShared()) {
            var ram = arena.allocate((long) PAGES * PAGE, PAGE);
            scribble(ram);
            var image = publish(ram, null, directory.resolve("image"), true);
            for (var name : List.of("snapfile", "memfile.header", "image.manifest", "memfile")) {
                var file = image.directory().resolve(name);
                var good = Files.readAllBytes(file);
                long at =
                        name.equals("memfile")
                                ? image.index().mappings().stream()
                                                .filter(m -> !m.isZero())
                                                .findFirst()
                                                .orElseThrow()
                                                .storage()
                                        + 100
                                : good.length / 2;
                flip(file, at);
                assertThatThrownBy(() -> ImageStore.verify(ImageStore.load(image.directory())))
                        .as(name)
                        .isInstanceOf(CorruptImageException.class);
                Files.write(file, good);
                ImageStore.verify(ImageStore.load(image.directory()));
            }
            Files.delete(image.directory().resolve("image.manifest"));
            assertThatThrownBy(() -> ImageStore.load(image.directory()))
                    .isInstanceOf(IOException.class);
        }
    }

    /// Fault: the process dies with a draft, before the rename.
    @Test
    void anUnpublishedImageIsSweptAndItsNameIsFree() throws Exception {
        try (var arena = Arena.ofShared()) {
            var ram = arena.allocate((long) PAGES * PAGE, PAGE);
            scribble(ram);
            var target = directory.resolve("image");
            var abandoned = ImageStore.begin(target);
            Files.write(abandoned.deviceState(), new byte[] {1});
            assertThat(target).doesNotExist();
            publish(ram, null, target, true);
            ImageStore.begin(directory.resolve("other"));
            ImageStore.sweep(directory);
            try (var left = Files.list(directory)) {
                assertThat(left).containsExactly(target);
            }
            ImageStore.verify(ImageStore.load(target));
        }
    }

    private static LoadedImage publish(
            MemorySegment ram, @Nullable LoadedImage base, Path target, boolean flat)
            throws IOException, CorruptImageException {
        try (var draft = ImageStore.begin(target)) {
            Files.write(draft.deviceState(), new byte[] {1, 2, 3, 4});
            Files.write(draft.disk(), new byte[] {5, 6, 7});
            var regions = List.of(new RamRegion(ram.address(), ram.byteSize(), 0));
            var saved =
                    new MemorySaver()
                            .save(
                                    PID,
                                    regions,
                                    base == null ? null : base.base(),
                                    Tracking.COMPARE,
                                    draft.memory(),
                                    flat);
            return draft.publish(saved, base, 1, Map.of("vmm", "test"), 1L);
        }
    }

    private void scribble(MemorySegment ram) {
        for (int i = 0; i < PAGES / 4; i++) {
            var page = ram.asSlice((long) random.nextInt(PAGES) * PAGE, PAGE);
            if (random.nextInt(4) == 0) page.fill((byte) 0);
            else page.set(JAVA_BYTE, random.nextInt(PAGE), (byte) (1 + random.nextInt(255)));
        }
    }

    private static byte[] content(LoadedImage image) throws Exception {
        var memory = new byte[(int) image.index().size()];
        try (var pages = PageSource.open(image)) {
            for (int at = 0; at < memory.length; at += PAGE) {
                var page = pages.verified(at);
                if (page != null) MemorySegment.copy(page, JAVA_BYTE, 0, memory, at, PAGE);
            }
        }
        return memory;
    }

    private static void flip(Path file, long at) throws IOException {
        try (var bytes = new RandomAccessFile(file.toFile(), "rw")) {
            bytes.seek(at);
            int old = bytes.read();
            bytes.seek(at);
            bytes.write(old ^ 0x10);
        }
    }
}
