package dev.wrenn.host.memory;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ImageChunksTest {
    private static final int CHUNK = ImageChunks.CHUNK;
    private static final int TAIL = 1000;

    @TempDir Path directory;
    private Path source;
    private Path target;

    /// A sparse file: data in its second and its last, shorter chunk, written zeros in its fourth.
    @BeforeEach
    void make() throws IOException {
        source = Files.createDirectory(directory.resolve("source"));
        target = directory.resolve("target");
        var random = new Random(7);
        var data = new byte[CHUNK];
        random.nextBytes(data);
        try (var disk =
                FileChannel.open(
                        source.resolve("rootfs.ext4"),
                        StandardOpenOption.CREATE_NEW,
                        StandardOpenOption.WRITE)) {
            disk.write(ByteBuffer.wrap(data), CHUNK);
            disk.write(ByteBuffer.wrap(new byte[CHUNK]), 3L * CHUNK);
            disk.write(ByteBuffer.wrap(data, 0, TAIL), 8L * CHUNK);
        }
        Files.writeString(source.resolve("image.manifest"), "manifest");
        Files.createFile(source.resolve("memfile"));
    }

    private List<String> outline() throws IOException {
        var out = new ByteArrayOutputStream();
        ImageChunks.outline(source, out);
        return out.toString(US_ASCII).lines().toList();
    }

    /// What the control plane sends of an outline.
    private byte[] frames() throws IOException {
        var bytes = new ByteArrayOutputStream();
        var out = new DataOutputStream(bytes);
        var name = "";
        for (var line : outline()) {
            var words = line.split(" ");
            switch (words[0]) {
                case "file" -> {
                    name = words[1];
                    out.writeByte(1);
                    out.writeUTF(name);
                    out.writeLong(Long.parseLong(words[2]));
                }
                case "chunk" -> {
                    out.writeByte(2);
                    out.writeLong(Long.parseLong(words[1]));
                    out.writeInt(Integer.parseInt(words[2]));
                    out.write(HexFormat.of().parseHex(words[3]));
                    ImageChunks.read(
                            source, name, Long.parseLong(words[1]), Long.parseLong(words[2]), out);
                }
                default -> out.writeByte(3);
            }
        }
        return bytes.toByteArray();
    }

    private void receive(byte[] frames) throws IOException, CorruptImageException {
        ImageChunks.receive(target, new ByteArrayInputStream(frames), () -> {}, _ -> {});
    }

    @Test
    void onlyWhatIsNotZeroTravels() throws Exception {
        var lines = outline();
        assertThat(lines.getLast()).isEqualTo("end");
        assertThat(lines)
                .contains("file memfile 0", "file rootfs.ext4 " + (8L * CHUNK + TAIL))
                .filteredOn(line -> line.startsWith("chunk"))
                .hasSize(3)
                .anyMatch(line -> line.startsWith("chunk " + CHUNK + " " + CHUNK + " "))
                .anyMatch(line -> line.startsWith("chunk " + 8 * CHUNK + " " + TAIL + " "));
        receive(frames());
        for (var name : List.of("rootfs.ext4", "image.manifest", "memfile"))
            assertThat(Files.mismatch(source.resolve(name), target.resolve(name))).isEqualTo(-1);
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(target)))
                .isEqualTo("rwx------");
    }

    @Test
    void nothingIsLeftOfWhatIsNotWhole() throws Exception {
        var frames = frames();
        for (int cut : new int[] {0, 1, 20, CHUNK, frames.length - 1})
            assertThatThrownBy(() -> receive(Arrays.copyOf(frames, cut)))
                    .isInstanceOf(IOException.class);
        var flipped = frames.clone();
        flipped[frames.length - 2] ^= 1; // the last byte of the last chunk
        assertThatThrownBy(() -> receive(flipped)).isInstanceOf(CorruptImageException.class);
        assertThatThrownBy(() ->
                        ImageChunks.receive(
                                target,
                                new ByteArrayInputStream(frames),
                                () -> {},
                                _ -> {
                                    throw new CorruptImageException("not whole");
                                }))
                .hasMessage("not whole");
        try (var left = Files.list(directory)) {
            assertThat(left).containsExactly(source);
        }
        receive(frames);
        assertThatThrownBy(() -> receive(frames)).hasMessageContaining("exists");
    }

    @Test
    void noNameLeadsOutOfTheImage() throws Exception {
        for (var name : List.of("../x", "/x", "a/b", ".x", "", "A")) {
            var bytes = new ByteArrayOutputStream();
            var out = new DataOutputStream(bytes);
            out.writeByte(1);
            out.writeUTF(name);
            out.writeLong(0);
            out.writeByte(3);
            assertThatThrownBy(() -> receive(bytes.toByteArray()))
                    .isInstanceOf(CorruptImageException.class);
            assertThatThrownBy(() -> ImageChunks.read(source, name, 0, 1, out))
                    .isInstanceOf(IOException.class);
        }
        assertThat(directory.resolve("x")).doesNotExist();
    }

    @Test
    void noMoreIsWrittenThanThereIsRoomFor() throws Exception {
        var frames = frames();
        assertThatThrownBy(() ->
                        ImageChunks.receive(
                                target,
                                new ByteArrayInputStream(frames),
                                () -> {
                                    throw new IllegalStateException("full");
                                },
                                _ -> {}))
                .hasMessage("full");
        assertThat(target).doesNotExist();
    }
}
