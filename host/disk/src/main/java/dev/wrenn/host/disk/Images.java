package dev.wrenn.host.disk;

import dev.wrenn.common.model.Base36;
import dev.wrenn.common.model.MemorySize;
import dev.wrenn.common.model.TeamId;
import dev.wrenn.common.model.TemplateId;
import dev.wrenn.common.runtime.AtomicFiles;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/// Kernels and templates of this host: `kernels/vmlinux-V` with `kernels/initramfs-V.cpio`,
/// `images/minimal`, `images/teams/TEAM/TEMPLATE`. A template counts when its `manifest.json`,
/// written last, agrees with its `rootfs.ext4`, or when it is a snapshot, whose `image.manifest` is
/// written last. Thread-safe: reads the directories on every call.
public final class Images {
    private static final JsonMapper JSON = JsonMapper.shared();
    private static final String KERNEL = "vmlinux-";
    private static final String SNAPSHOT = "image.manifest";
    static final String MARKER = "manifest.json";
    static final String ROOTFS = "rootfs.ext4";

    // what a restart sweeps away
    static final String UNFINISHED = ".new-";

    // runs of digits are compared as numbers, everything else as text
    private static final Pattern PARTS = Pattern.compile("(?<=\\d)(?=\\D)|(?<=\\D)(?=\\d)");

    private final Path kernels;
    private final Path images;

    /// @param dataDir the agent's data directory
    public Images(Path dataDir) {
        this.kernels = dataDir.resolve("kernels");
        this.images = dataDir.resolve("images");
    }

    /// @return empty unless the template is complete; also for one zero id beside one that is not,
    ///   which names nothing
    public Optional<TemplateImage> template(TeamId team, TemplateId template) {
        return directory(team, template).flatMap(dir -> read(team, template, dir));
    }

    /// Every complete template.
    public List<TemplateImage> ready() {
        var found = new ArrayList<TemplateImage>();
        template(TeamId.PLATFORM, TemplateId.MINIMAL).ifPresent(found::add);
        for (var teamDir : list(images.resolve("teams")))
            for (var dir : list(teamDir)) {
                var team = Base36.decode(teamDir.getFileName().toString());
                var template = Base36.decode(dir.getFileName().toString());
                if (team.isEmpty() || template.isEmpty()) continue;
                template(new TeamId(team.get()), new TemplateId(template.get()))
                        .ifPresent(found::add);
            }
        return List.copyOf(found);
    }

    /// Where the files of a snapshot template are, or are to be.
    ///
    /// @throws IllegalArgumentException for a zero id, which no snapshot has
    public Path snapshot(TeamId team, TemplateId template) {
        if (template.equals(TemplateId.MINIMAL))
            throw new IllegalArgumentException("template: zero (expected: an id)");
        return directory(team, template).orElseThrow();
    }

    /// Makes a disk that nobody writes a template of its own, sharing blocks where that can be.
    /// Steps: clone, marker, all on disk, then the name: whole or not there.
    ///
    /// @throws DiskFullException when the reserve would not stay free
    /// @throws IllegalArgumentException for a zero id
    public void publish(Disks disks, Path disk, TeamId team, TemplateId template) {
        var target = snapshot(team, template);
        var draft = target.resolveSibling(UNFINISHED + target.getFileName());
        try {
            Files.createDirectories(draft);
            var rootfs = draft.resolve(ROOTFS);
            disks.cloneImage(disk, rootfs, new MemorySize(0));
            disks.flush(rootfs);
            var manifest = JSON.createObjectNode();
            manifest.put("type", "rootfs").put("format", "ext4");
            manifest.put("file_bytes", Files.size(rootfs));
            // The content of a template never changes, so its name stands for it.
            manifest.put("content_sha256", template.toString());
            AtomicFiles.write(draft.resolve(MARKER), JSON.writeValueAsBytes(manifest));
            AtomicFiles.syncDirectory(draft);
            Files.move(draft, target, StandardCopyOption.ATOMIC_MOVE);
            AtomicFiles.syncDirectory(java.util.Objects.requireNonNull(target.getParent()));
        } catch (IOException e) {
            clear(draft);
            if (Disks.full(e)) throw new DiskFullException(images, e);
            throw new DiskException("template " + template + ": " + e.getMessage(), e);
        } catch (RuntimeException e) {
            clear(draft);
            throw e;
        }
    }

    /// Removes a template that is only a disk; one that is not there is fine.
    ///
    /// @throws IllegalArgumentException for a zero id
    public void remove(TeamId team, TemplateId template) {
        var target = snapshot(team, template);
        if (Files.isRegularFile(target.resolve(SNAPSHOT))) return; // another kind
        clear(target);
        clear(target.resolveSibling(UNFINISHED + target.getFileName()));
    }

    /// Removes the marker first: without it there is no template.
    private static void clear(Path directory) {
        try {
            Files.deleteIfExists(directory.resolve(MARKER));
            Files.deleteIfExists(directory.resolve(ROOTFS));
            Files.deleteIfExists(directory);
        } catch (IOException e) {
            throw new DiskException("cannot remove " + directory, e);
        }
    }

    /// The newest kernel by numeric version that has its initramfs.
    ///
    /// @throws DiskException when there is none
    public KernelImage kernel() {
        return list(kernels).stream()
                .map(file -> file.getFileName().toString())
                .filter(name -> name.startsWith(KERNEL))
                .map(name -> kernel(name.substring(KERNEL.length())))
                .filter(image -> Files.isRegularFile(image.initramfs()))
                .max(Comparator.comparing(KernelImage::version, Images::compareVersions))
                .orElseThrow(
                        () -> new DiskException("no guest kernel with initramfs in " + kernels));
    }

    private KernelImage kernel(String version) {
        return new KernelImage(
                version,
                kernels.resolve(KERNEL + version),
                kernels.resolve("initramfs-" + version + ".cpio"));
    }

    private Optional<Path> directory(TeamId team, TemplateId template) {
        boolean platform = team.equals(TeamId.PLATFORM);
        boolean zero = template.equals(TemplateId.MINIMAL);
        if (platform && zero) return Optional.of(images.resolve("minimal"));
        if (zero) return Optional.empty();
        return Optional.of(
                images.resolve("teams").resolve(team.base36()).resolve(template.base36()));
    }

    private static Optional<TemplateImage> read(TeamId team, TemplateId template, Path dir) {
        var rootfs = dir.resolve(ROOTFS);
        try {
            if (Files.isRegularFile(dir.resolve(SNAPSHOT)))
                return Optional.of(
                        new TemplateImage(
                                team,
                                template,
                                rootfs,
                                new MemorySize(Files.size(rootfs)),
                                "",
                                dir));
            JsonNode manifest = JSON.readTree(Files.readAllBytes(dir.resolve(MARKER)));
            long bytes = Files.size(rootfs);
            boolean valid =
                    manifest.path("type").asString("").equals("rootfs")
                            && manifest.path("format").asString("").equals("ext4")
                            && manifest.path("file_bytes").asLong(-1) == bytes;
            if (!valid) return Optional.empty();
            var content = manifest.path("content_sha256").asString("");
            return Optional.of(
                    new TemplateImage(
                            team, template, rootfs, new MemorySize(bytes), content, null));
        } catch (IOException | JacksonException e) {
            return Optional.empty(); // no marker, or no image: not complete
        }
    }

    static int compareVersions(String left, String right) {
        var a = PARTS.split(left);
        var b = PARTS.split(right);
        for (int i = 0; i < Math.min(a.length, b.length); i++) {
            boolean numbers = isNumber(a[i]) && isNumber(b[i]);
            int order =
                    numbers
                            ? new java.math.BigInteger(a[i])
                                    .compareTo(new java.math.BigInteger(b[i]))
                            : a[i].compareTo(b[i]);
            if (order != 0) return order;
        }
        return Integer.compare(a.length, b.length);
    }

    private static boolean isNumber(String part) {
        return !part.isEmpty() && Character.isDigit(part.charAt(0));
    }

    private static List<Path> list(Path directory) {
        if (!Files.isDirectory(directory)) return List.of();
        try (var entries = Files.list(directory)) {
            return entries.sorted().toList();
        } catch (IOException e) {
            throw new DiskException("cannot list " + directory, e);
        }
    }
}
