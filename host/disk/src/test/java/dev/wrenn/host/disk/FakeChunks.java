package dev.wrenn.host.disk;

import dev.wrenn.common.model.TemplateId;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Semaphore;

/// A template whose disk has random chunks and holes. Gives as many chunks as it is allowed to.
final class FakeChunks implements ChunkSource {
    private static final int CHUNK = DiskOutline.CHUNK;

    final byte[] disk;
    final byte[] marker;
    final Map<String, byte[]> all = new ConcurrentHashMap<>();
    final List<String> asked = new CopyOnWriteArrayList<>();
    final Semaphore allowed = new Semaphore(0);
    volatile boolean away;
    volatile boolean gone;
    volatile boolean spoils;
    private final byte[] text;

    FakeChunks(int chunks) {
        var random = new Random(5);
        disk = new byte[chunks * CHUNK + 4096];
        random.nextBytes(disk);
        for (int i = 2; i < chunks; i += 3) Arrays.fill(disk, i * CHUNK, (i + 1) * CHUNK, (byte) 0);
        marker =
                ("{\"type\":\"rootfs\",\"format\":\"ext4\",\"content_sha256\":\"x\",\"file_bytes\":"
                                + disk.length
                                + "}")
                        .getBytes(StandardCharsets.US_ASCII);
        var lines = new StringBuilder("image 0\n");
        add(lines, "manifest.json", marker);
        add(lines, "rootfs.ext4", disk);
        text = lines.append("end\n").toString().getBytes(StandardCharsets.US_ASCII);
    }

    private void add(StringBuilder lines, String name, byte[] content) {
        lines.append("file ").append(name).append(' ').append(content.length).append('\n');
        for (int at = 0; at < content.length; at += CHUNK) {
            var chunk = Arrays.copyOfRange(content, at, Math.min(content.length, at + CHUNK));
            if (Arrays.equals(chunk, new byte[chunk.length])) continue;
            var sum = DiskOutline.sha256(chunk);
            all.put(sum, chunk);
            lines.append("chunk " + at + " " + chunk.length + " " + sum + "\n");
        }
    }

    DiskOutline outline() throws IOException {
        return DiskOutline.parse(text).orElseThrow();
    }

    String sum(int chunk) {
        var out = new ByteArrayOutputStream();
        out.write(disk, chunk * CHUNK, CHUNK);
        return DiskOutline.sha256(out.toByteArray());
    }

    @Override
    public byte[] outline(TemplateId template) {
        return text;
    }

    @Override
    public byte[] chunk(TemplateId template, String sha256)
            throws IOException, InterruptedException {
        asked.add(sha256);
        if (gone) throw new GoneException("no such template");
        if (away) throw new IOException("nobody answers");
        allowed.acquire();
        var bytes = all.get(sha256).clone();
        if (spoils) bytes[0] ^= 1;
        return bytes;
    }
}
