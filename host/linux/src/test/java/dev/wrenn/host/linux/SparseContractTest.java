package dev.wrenn.host.linux;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SparseContractTest {
    @TempDir private Path directory;

    @Test
    void whatIsAllocatedIsWithoutHoles() throws Exception {
        var file = directory.resolve("disk");
        Files.createFile(file);
        assertThat(Sparse.allocated(file)).isZero();
        try (var out = FileChannel.open(file, StandardOpenOption.WRITE)) {
            out.write(ByteBuffer.allocate(1 << 20), 1L << 30);
            out.force(true); // file systems allocate late
        }
        assertThat(Files.size(file)).isEqualTo((1L << 30) + (1 << 20));
        assertThat(Sparse.allocated(file)).isBetween(1L << 20, 2L << 20);
    }

    @Test
    void aFileThatIsNotThereIsAnError() {
        assertThatThrownBy(() -> Sparse.allocated(directory.resolve("none")))
                .isInstanceOfSatisfying(
                        ErrnoException.class, e -> assertThat(e.errno()).isEqualTo(2)); // ENOENT
    }
}
