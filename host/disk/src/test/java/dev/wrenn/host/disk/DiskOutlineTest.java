package dev.wrenn.host.disk;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.util.List;
import org.junit.jupiter.api.Test;

class DiskOutlineTest {
    private static final String SUM = "0123456789abcdef".repeat(4);
    private static final int CHUNK = DiskOutline.CHUNK;
    private static final String MARKER = "file manifest.json 9\nchunk 0 9 " + SUM + "\n";

    private static byte[] text(String lines) {
        return ("image 0\n" + lines + "end\n").getBytes(US_ASCII);
    }

    @Test
    void readsADiskWithHoles() throws IOException {
        var lines =
                MARKER
                        + "file rootfs.ext4 %d\nchunk 0 %d %s\nchunk %d 1 %s\n"
                                .formatted(3L * CHUNK + 1, CHUNK, SUM, 3L * CHUNK, SUM);
        var outline = DiskOutline.parse(text(lines)).orElseThrow();
        assertThat(outline.size()).isEqualTo(3L * CHUNK + 1);
        assertThat(outline.chunks()).hasSize(2);
        assertThat(outline.bytes()).isEqualTo(CHUNK + 1);
        assertThat(outline.firstAfter(0)).isZero();
        assertThat(outline.firstAfter(CHUNK - 1)).isZero();
        assertThat(outline.firstAfter(CHUNK)).isEqualTo(1);
        assertThat(outline.firstAfter(3L * CHUNK)).isEqualTo(1);
        assertThat(outline.firstAfter(3L * CHUNK + 1)).isEqualTo(2);
    }

    @Test
    void anImageWithMemoryIsAnotherKind() throws IOException {
        var disk = "file rootfs.ext4 1\nchunk 0 1 " + SUM + "\n";
        for (var lines : List.of(disk, MARKER, disk + MARKER + "file memfile 0\n"))
            assertThat(DiskOutline.parse(text(lines))).as(lines).isEmpty();
    }

    @Test
    void refusesWhatBreaksARule() {
        for (var lines :
                List.of(
                        "file rootfs.ext4\n",
                        "chunk 0 1 " + SUM + "\n",
                        "file rootfs.ext4 -1\n",
                        "file rootfs.ext4 99999999999999999999\n",
                        "file rootfs.ext4 " + (1L << 45) + "\n",
                        "file rootfs.ext4 9\nchunk 0 8 " + SUM + "\n",
                        "file rootfs.ext4 9\nchunk 1 8 " + SUM + "\n",
                        "file rootfs.ext4 9\nchunk 9 0 " + SUM + "\n",
                        "file rootfs.ext4 9\nchunk 0 9 " + SUM.replace('a', 'A') + "\n",
                        "file rootfs.ext4 9\nchunk 0 9 " + SUM + "\nchunk 0 9 " + SUM + "\n"))
            assertThatThrownBy(() -> DiskOutline.parse(text(lines)))
                    .as(lines)
                    .isInstanceOf(IOException.class);
        for (var text : List.of("", "end\n", "image 0\nfile rootfs.ext4 1\n", "image 0\nend"))
            assertThatThrownBy(() -> DiskOutline.parse(text.getBytes(US_ASCII)))
                    .as(text)
                    .isInstanceOf(IOException.class);
    }
}
