package dev.wrenn.bench;

import static java.lang.foreign.ValueLayout.JAVA_LONG;

import dev.wrenn.host.memory.CorruptImageException;
import dev.wrenn.host.memory.ImageStore;
import dev.wrenn.host.memory.MemorySaver;
import dev.wrenn.host.memory.RamRegion;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Random;

/// A memory image as the product saves it, of pages that begin with their number plus one.
///
/// @param flat the one file that is the whole memory
record PagerImage(Path directory, Path flat) {
    private static final int PAGE = 4096;

    static PagerImage write(Path directory, int mib) throws IOException {
        long bytes = (long) mib << 20;
        try (var arena = Arena.ofShared();
                var draft = ImageStore.begin(directory)) {
            var ram = arena.allocate(bytes, PAGE);
            var random = new Random(5);
            for (long at = 0; at < bytes; at += Long.BYTES)
                ram.set(
                        JAVA_LONG,
                        at,
                        at % PAGE == 0 ? at / PAGE + 1 : random.nextLong()); // nothing compresses
            Files.write(draft.deviceState(), new byte[] {1});
            Files.write(draft.disk(), new byte[] {1});
            var saved =
                    new MemorySaver()
                            .save(
                                    ProcessHandle.current().pid(),
                                    List.of(new RamRegion(ram.address(), bytes, 0)),
                                    null,
                                    MemorySaver.Tracking.COMPARE,
                                    draft.memory(),
                                    true);
            var image = draft.publish(saved, null, 1, Map.of(), 1);
            return new PagerImage(directory, image.flatPart().orElseThrow());
        } catch (CorruptImageException e) {
            throw new BenchException("the image is not valid: " + e.getMessage(), e);
        }
    }

    /// Every session of the benchmark is the first one: nothing is brought in ahead of its fault.
    void forgetWorkingSet() throws IOException {
        Files.deleteIfExists(directory.resolve("working-set"));
    }
}
