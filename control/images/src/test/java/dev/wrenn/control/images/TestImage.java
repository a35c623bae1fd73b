package dev.wrenn.control.images;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.github.luben.zstd.ZstdOutputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.zip.GZIPOutputStream;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveOutputStream;
import org.apache.commons.compress.archivers.tar.TarConstants;
import tools.jackson.databind.json.JsonMapper;

/// Makes images and the archives that hold them.
final class TestImage {
    static final String INDEX = "application/vnd.oci.image.index.v1+json";
    static final String MANIFEST = "application/vnd.oci.image.manifest.v1+json";
    private static final JsonMapper JSON = JsonMapper.shared();

    /// Blobs by digest.
    final Map<String, byte[]> blobs = new LinkedHashMap<>();

    /// A tar being filled.
    static final class Tar {
        private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        private final TarArchiveOutputStream tar = new TarArchiveOutputStream(bytes, "UTF-8");

        Tar() {
            tar.setLongFileMode(TarArchiveOutputStream.LONGFILE_POSIX);
            tar.setAddPaxHeadersForNonAsciiNames(true);
        }

        Tar folder(String name) {
            return add(new TarArchiveEntry(name + "/", true), new byte[0]);
        }

        Tar file(String name, String text) {
            return file(name, text.getBytes(UTF_8));
        }

        Tar file(String name, byte[] content) {
            return add(new TarArchiveEntry(name, true), content);
        }

        Tar owned(String name, int mode, int user, int group, String text) {
            var entry = new TarArchiveEntry(name, true);
            entry.setMode(mode);
            entry.setIds(user, group);
            return add(entry, text.getBytes(UTF_8));
        }

        Tar symbolic(String name, String target) {
            return special(name, TarConstants.LF_SYMLINK, target);
        }

        Tar hard(String name, String target) {
            return special(name, TarConstants.LF_LINK, target);
        }

        Tar special(String name, byte kind, String target) {
            var entry = new TarArchiveEntry(name, kind, true);
            entry.setLinkName(target);
            return add(entry, new byte[0]);
        }

        private Tar add(TarArchiveEntry entry, byte[] content) {
            try {
                entry.setSize(content.length);
                tar.putArchiveEntry(entry);
                tar.write(content);
                tar.closeArchiveEntry();
                return this;
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }

        byte[] done() {
            try {
                tar.finish();
                return bytes.toByteArray();
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }

    interface Packing {
        OutputStream over(OutputStream to) throws IOException;
    }

    static byte[] gzip(byte[] plain) {
        return packed(plain, GZIPOutputStream::new);
    }

    static byte[] zstd(byte[] plain) {
        return packed(plain, ZstdOutputStream::new);
    }

    private static byte[] packed(byte[] plain, Packing packing) {
        try {
            var bytes = new ByteArrayOutputStream();
            try (var to = packing.over(bytes)) {
                to.write(plain);
            }
            return bytes.toByteArray();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    static byte[] json(Object value) {
        return JSON.writeValueAsBytes(value);
    }

    /// Keeps a blob.
    ///
    /// @return its descriptor
    Map<String, Object> blob(String type, byte[] content) {
        var digest = Digests.of(content);
        blobs.put(digest, content);
        var descriptor = new LinkedHashMap<String, Object>();
        descriptor.put("mediaType", type);
        descriptor.put("digest", digest);
        descriptor.put("size", content.length);
        return descriptor;
    }

    static Map<String, Object> config(Map<String, Object> config, List<byte[]> plain) {
        return config("amd64", config, plain);
    }

    static Map<String, Object> config(
            String architecture, Map<String, Object> config, List<byte[]> plain) {
        return Map.of(
                "os",
                "linux",
                "architecture",
                architecture,
                "config",
                config,
                "rootfs",
                Map.of("type", "layers", "diff_ids", plain.stream().map(Digests::of).toList()));
    }

    /// An image of plain layers.
    ///
    /// @return descriptor of its manifest
    Map<String, Object> image(Map<String, Object> config, List<byte[]> plain) {
        return stored(config(config, plain), plain);
    }

    /// The same with a whole configuration and layers as they are stored.
    Map<String, Object> stored(Object config, List<byte[]> layers) {
        var list = new ArrayList<Map<String, Object>>();
        for (var layer : layers) list.add(blob("application/vnd.oci.image.layer.v1.tar", layer));
        return blob(
                MANIFEST,
                json(
                        Map.of(
                                "schemaVersion",
                                2,
                                "config",
                                blob("application/vnd.oci.image.config.v1+json", json(config)),
                                "layers",
                                list)));
    }

    static Map<String, Object> platform(Map<String, Object> descriptor, String architecture) {
        var with = new LinkedHashMap<>(descriptor);
        with.put("platform", Map.of("os", "linux", "architecture", architecture));
        return with;
    }

    static Map<String, Object> named(Map<String, Object> descriptor, String name) {
        var with = new LinkedHashMap<>(descriptor);
        with.put("annotations", Map.of("org.opencontainers.image.ref.name", name));
        return with;
    }

    static byte[] index(List<Map<String, Object>> manifests) {
        return json(Map.of("schemaVersion", 2, "mediaType", INDEX, "manifests", manifests));
    }

    /// An OCI image layout with all blobs.
    Tar layout(List<Map<String, Object>> manifests) {
        var tar = new Tar();
        tar.file("oci-layout", json(Map.of("imageLayoutVersion", "1.0.0")));
        tar.file("index.json", index(manifests));
        tar.folder("blobs").folder("blobs/sha256");
        blobs.forEach((digest, content) ->
                tar.file("blobs/sha256/" + digest.substring("sha256:".length()), content));
        return tar;
    }
}
