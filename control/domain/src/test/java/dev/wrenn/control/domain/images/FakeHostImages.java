package dev.wrenn.control.domain.images;

import static java.nio.charset.StandardCharsets.US_ASCII;

import dev.wrenn.control.domain.hosts.BootOrder;
import dev.wrenn.control.domain.hosts.FileSource;
import dev.wrenn.control.domain.hosts.HostFault;
import dev.wrenn.control.domain.hosts.HostImages;
import dev.wrenn.control.domain.hosts.ImageName;
import dev.wrenn.control.domain.hosts.ImageSink;
import dev.wrenn.control.domain.hosts.TransferException;
import java.io.ByteArrayInputStream;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.TreeMap;

/// Images in memory: one that is given away, and those that were taken.
final class FakeHostImages implements HostImages {
    /// Contents of the files of the image that is given away.
    final Map<String, byte[]> files = new TreeMap<>();

    /// Ranges that were asked for.
    final List<String> asked = new ArrayList<>();

    /// What arrived, once it is whole.
    final Map<String, byte[]> taken = new TreeMap<>();

    boolean lies;
    boolean breaksOff;

    @Override
    public FileSource outline(ImageName name) {
        var text = new StringBuilder("image 4\n");
        files.forEach((file, bytes) -> {
            text.append("file ").append(file).append(' ').append(bytes.length).append('\n');
            for (int at = 0; at < bytes.length; at += Outline.CHUNK) {
                int end = Math.min(bytes.length, at + Outline.CHUNK);
                var chunk = Arrays.copyOfRange(bytes, at, end);
                text.append("chunk %d %d %s\n".formatted(at, end - at, Outline.sha256(chunk)));
            }
        });
        return source(text.append("end\n").toString().getBytes(US_ASCII));
    }

    @Override
    public FileSource read(ImageName name, int number, String file, long from, long length) {
        asked.add(file + " " + from + " " + length);
        var bytes = Arrays.copyOfRange(files.get(file), (int) from, (int) (from + length));
        if (lies) bytes[bytes.length - 1] ^= 1;
        return source(bytes);
    }

    private static FileSource source(byte[] bytes) {
        var in = new ByteArrayInputStream(bytes);
        return new FileSource() {
            @Override
            public OptionalLong length() {
                return OptionalLong.of(bytes.length);
            }

            @Override
            public int read(byte[] target) {
                return in.read(target, 0, Math.min(1000, target.length));
            }

            @Override
            public void close() {}
        };
    }

    @Override
    public ImageSink takeOver(BootOrder as) {
        return sink();
    }

    @Override
    public ImageSink take(ImageName.OfTemplate name) {
        return sink();
    }

    private ImageSink sink() {
        var arriving = new TreeMap<String, byte[]>();
        return new ImageSink() {
            private byte[] file = new byte[0];

            @Override
            public void file(String name, long size) {
                file = new byte[(int) size];
                arriving.put(name, file);
            }

            @Override
            public void chunk(long offset, byte[] sha256, byte[] bytes) {
                if (breaksOff) throw new TransferException(HostFault.UNREACHABLE, "gone");
                System.arraycopy(bytes, 0, file, (int) offset, bytes.length);
            }

            @Override
            public void finish() {
                taken.putAll(arriving);
            }

            @Override
            public void close() {}
        };
    }
}
