package dev.wrenn.host.capsule;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import dev.wrenn.common.model.CapsuleSpec;
import dev.wrenn.host.disk.KernelImage;
import dev.wrenn.host.disk.TemplateImage;
import dev.wrenn.host.memory.CorruptImageException;
import dev.wrenn.host.memory.ImageStore;
import dev.wrenn.host.memory.LoadedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Images of guests that have booted and know nothing yet, one for each combination of template,
/// kernel, machine and size: `{D}/warm/{key}`. The first boot of a combination leaves one, every
/// later create begins with it. They are a cache: each can be removed at any time, capsules made of
/// it have links of their own. Thread-safe.
final class WarmImages {
    private static final Logger LOG = LoggerFactory.getLogger(WarmImages.class);

    private final Path root;
    private final int most;
    private final Object lock = new Object(); // nothing slow is done under it

    @GuardedBy("lock")
    private final Map<String, LoadedImage> known =
            new LinkedHashMap<>(16, 0.75f, true); // least recently used first

    @GuardedBy("lock")
    private final Set<String> making = new HashSet<>();

    /// Reads what an earlier life left, but for the pages; what is broken is removed.
    ///
    /// @param most kept at once; 0: none, and none are made
    WarmImages(Path dataDir, int most) {
        this.root = dataDir.resolve("warm");
        this.most = most;
        try {
            Files.createDirectories(
                    root,
                    PosixFilePermissions.asFileAttribute(
                            PosixFilePermissions.fromString("rwx------")));
            ImageStore.sweep(root);
            try (var entries = Files.list(root)) {
                for (var entry : entries.toList()) find(entry);
            }
        } catch (IOException e) {
            throw new CapsuleException("warm images cannot be read", e);
        }
    }

    private void find(Path directory) throws IOException {
        try {
            var image = ImageStore.load(directory);
            synchronized (lock) {
                known.put(directory.getFileName().toString(), image);
            }
        } catch (IOException | CorruptImageException e) {
            LOG.atWarn().addKeyValue("image", directory.getFileName()).setCause(e).log("removed");
            ImageStore.remove(directory);
        }
    }

    /// Names what a guest in memory depends on.
    ///
    /// @param machine what [dev.wrenn.host.vmm.Vmm#machine()] says
    static String key(
            TemplateImage template,
            KernelImage kernel,
            CapsuleSpec spec,
            Map<String, String> machine) {
        var text =
                String.join(
                        "\n",
                        template.team().toString(),
                        template.template().toString(),
                        template.content(),
                        kernel.version(),
                        identity(kernel.vmlinux()),
                        identity(kernel.initramfs()),
                        Integer.toString(spec.vcpus()),
                        Long.toString(spec.memory().bytes()),
                        Long.toString(spec.disk().bytes()),
                        Machines.fixed(machine));
        try {
            var digest = MessageDigest.getInstance("SHA-256").digest(text.getBytes(UTF_8));
            return HexFormat.of().formatHex(digest, 0, 16);
        } catch (NoSuchAlgorithmException e) {
            throw new AssertionError(e); // every JDK has it
        }
    }

    /// Files of a kernel are replaced as wholes, so length and time tell them apart.
    private static String identity(Path file) {
        try {
            return Files.size(file) + " " + Files.getLastModifiedTime(file).toMillis();
        } catch (IOException e) {
            return "none";
        }
    }

    /// Whether there may be any.
    boolean enabled() {
        return most > 0;
    }

    Optional<LoadedImage> find(String key) {
        synchronized (lock) {
            return Optional.ofNullable(known.get(key));
        }
    }

    /// The directory for hints about an image.
    Path hints(String key) {
        return root.resolve(key);
    }

    /// Whether the caller is to make this image; it must call [#made] or [#notMade] then.
    boolean claim(String key) {
        synchronized (lock) {
            return enabled() && !known.containsKey(key) && making.add(key);
        }
    }

    void notMade(String key) {
        synchronized (lock) {
            making.remove(key);
        }
    }

    /// Keeps a link to the image; the least recently used one goes when there are too many.
    LoadedImage made(String key, LoadedImage image) throws IOException {
        var target = root.resolve(key);
        ImageStore.remove(target);
        var kept = ImageStore.link(image, target, true);
        String oldest = null;
        synchronized (lock) {
            making.remove(key);
            known.put(key, kept);
            if (known.size() > most) oldest = known.keySet().iterator().next();
        }
        if (oldest != null) drop(oldest);
        return kept;
    }

    /// Removes an image that cannot be used, or is one too many.
    void drop(String key) {
        synchronized (lock) {
            if (known.remove(key) == null) return;
        }
        try {
            ImageStore.remove(root.resolve(key));
        } catch (IOException e) {
            LOG.atWarn().addKeyValue("image", key).setCause(e).log("warm image is left");
        }
    }
}
