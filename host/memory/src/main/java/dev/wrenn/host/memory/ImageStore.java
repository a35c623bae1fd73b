package dev.wrenn.host.memory;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.wrenn.common.runtime.AtomicFiles;
import dev.wrenn.host.linux.ErrnoException;
import dev.wrenn.host.linux.Fd;
import dev.wrenn.host.linux.Posix;
import dev.wrenn.host.memory.MemorySaver.Saved;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.json.JsonMapper;

/// Images as directories that are whole or not there.
///
/// An image is prepared in a temporary sibling, synced file by file, and gets its name by one
/// rename. It is self-contained: parts shared with another image are hard links, disks are clones,
/// so that deleting one image never touches another. Thread-safe; two writers must not publish to
/// the same name.
public final class ImageStore {
    /// Name of the VMM's device state in an image.
    public static final String DEVICE_STATE = "snapfile";

    /// Name of the disk in an image.
    public static final String DISK = "rootfs.ext4";

    /// Name of what the restoring side must know besides, in an image.
    public static final String NOTES = "notes.json";

    static final String INDEX = "memfile.header";
    static final String MANIFEST = "image.manifest"; // one line of JSON, one with its digest
    private static final String TEMPORARY = ".new-";
    private static final JsonMapper JSON = JsonMapper.builder().build();

    private ImageStore() {}

    /// An image in the making; [Draft#close()] without [Draft#publish] removes it.
    public static final class Draft implements AutoCloseable {
        private final Path directory;
        private final Path target;

        private Draft(Path directory, Path target) {
            this.directory = directory;
            this.target = target;
        }

        /// Where the device state is to be written.
        public Path deviceState() {
            return directory.resolve(DEVICE_STATE);
        }

        /// Where the disk is to be cloned to.
        public Path disk() {
            return directory.resolve(DISK);
        }

        /// Where the saving side may write what the restoring side must know; as secret as the
        /// memory itself.
        public Path notes() {
            return directory.resolve(NOTES);
        }

        /// Where the new part is to be written.
        public Path memory() {
            return directory.resolve("memfile");
        }

        /// Completes the image and gives it its name; everything is on disk when this returns.
        ///
        /// @param base the image the saved memory lies over, null for a first generation
        /// @throws IOException when something cannot be written; nothing has the name then
        public LoadedImage publish(
                Saved saved,
                @Nullable LoadedImage base,
                int vcpus,
                Map<String, String> machine,
                long atUnixMs)
                throws IOException, CorruptImageException {
            var parts = new ArrayList<ImageManifest.Part>();
            var index = saved.index();
            for (var build : index.parts()) {
                if (build.equals(saved.part())) continue;
                if (base == null) throw new CorruptImageException("part without base: " + build);
                parts.add(link(base.part(build), build));
            }
            if (base != null && index.isFlat() && base.flatPart().isPresent())
                cloneSums(base.flatPart().get(), memory());
            PageSums.write(memory(), saved.changes());
            parts.add(named(saved.part(), index.isFlat()));
            Files.write(
                    directory.resolve(INDEX),
                    IndexCodec.encode(index),
                    StandardOpenOption.CREATE_NEW);
            var manifest =
                    new ImageManifest(
                            ImageManifest.FORMAT,
                            vcpus,
                            index.size(),
                            machine,
                            parts,
                            Files.size(deviceState()),
                            sha256(deviceState()),
                            sha256(directory.resolve(INDEX)),
                            Files.exists(notes()) ? sha256(notes()) : null,
                            Files.size(disk()),
                            atUnixMs);
            sync(directory);
            AtomicFiles.write(directory.resolve(MANIFEST), sealed(manifest));
            Files.move(directory, target, StandardCopyOption.ATOMIC_MOVE);
            AtomicFiles.syncDirectory(parent(target));
            return new LoadedImage(target, manifest, index);
        }

        private ImageManifest.Part named(UUID build, boolean flat) throws IOException {
            var file = flat ? memory() : directory.resolve("memfile." + build);
            if (!flat) {
                Files.move(PageSums.beside(memory()), PageSums.beside(file));
                Files.move(memory(), file);
            }
            return new ImageManifest.Part(build, file.getFileName().toString(), Files.size(file));
        }

        private ImageManifest.Part link(Path from, UUID build) throws IOException {
            var file = directory.resolve("memfile." + build);
            Files.createLink(file, from);
            Files.createLink(PageSums.beside(file), PageSums.beside(from));
            return new ImageManifest.Part(build, file.getFileName().toString(), Files.size(file));
        }

        @Override
        public void close() throws IOException {
            if (Files.exists(directory)) removeTree(directory);
        }
    }

    /// Gives an image a second name in the same file system. Both are whole in themselves: deleting
    /// one does not touch the other. Cost: some hard links.
    ///
    /// @param durable false where a power cut makes the new name worthless anyway
    /// @throws IOException when the name is taken, or the disk is full; nothing has the name then
    public static LoadedImage link(LoadedImage image, Path target, boolean durable)
            throws IOException {
        if (Files.exists(target)) throw new IOException("image exists: " + target.getFileName());
        var directory = temporary(target);
        Files.createDirectory(directory);
        try {
            for (var name : names(image.manifest()))
                Files.createLink(directory.resolve(name), image.directory().resolve(name));
            if (durable) AtomicFiles.syncDirectory(directory);
            Files.move(directory, target, StandardCopyOption.ATOMIC_MOVE);
        } catch (IOException | RuntimeException e) {
            removeTree(directory);
            throw e;
        }
        if (durable) AtomicFiles.syncDirectory(parent(target));
        return new LoadedImage(target, image.manifest(), image.index());
    }

    /// Makes an image of generation 0 with the same content, every byte at its own offset in one
    /// part. Cost: one read and one write of what is stored. The image itself is left alone.
    ///
    /// @throws CorruptImageException when a page does not match its sum; nothing has the name then
    public static LoadedImage merge(LoadedImage image, Path target)
            throws IOException, CorruptImageException {
        var part = UUID.randomUUID();
        var changes = new ArrayList<Mapping>();
        try (var draft = begin(target);
                var pages = PageSource.open(image)) {
            try (var file = PartFile.flat(draft.memory(), image.index().size(), null)) {
                for (var mapping : image.index().mappings()) {
                    if (mapping.isZero()) continue;
                    for (long at = mapping.offset(); at < mapping.end(); at += MemoryIndex.BLOCK) {
                        var page = pages.verified(at);
                        if (page != null) file.write(at, page);
                    }
                    changes.add(
                            new Mapping(
                                    mapping.offset(), mapping.length(), part, mapping.offset()));
                }
            }
            Files.createLink(draft.deviceState(), image.deviceState());
            Files.createLink(draft.disk(), image.disk());
            if (image.manifest().notesSha256() != null)
                Files.createLink(draft.notes(), image.notes());
            var index = MemoryIndex.first(image.index().size(), part, changes);
            var manifest = image.manifest();
            return draft.publish(
                    new Saved(index, part, changes, 0),
                    null,
                    manifest.vcpus(),
                    manifest.machine(),
                    manifest.createdAtUnixMs());
        }
    }

    /// Every file of an image, the sign that it is whole last.
    private static List<String> names(ImageManifest manifest) {
        var names = new ArrayList<String>();
        for (var part : manifest.parts()) {
            names.add(part.file());
            names.add(part.file() + PageSums.SUFFIX);
        }
        names.addAll(List.of(DEVICE_STATE, DISK, INDEX));
        if (manifest.notesSha256() != null) names.add(NOTES);
        names.add(MANIFEST);
        return names;
    }

    static Path temporary(Path target) throws IOException {
        var directory = target.resolveSibling(TEMPORARY + target.getFileName());
        if (Files.exists(directory)) removeTree(directory); // of a process that died
        return directory;
    }

    /// True when there is a whole image of this name; reads nothing of it.
    public static boolean exists(Path directory) {
        return Files.isRegularFile(directory.resolve(MANIFEST));
    }

    /// Begins an image that will be called `target`, whose parent must exist.
    public static Draft begin(Path target) throws IOException {
        if (Files.exists(target)) throw new IOException("image exists: " + target.getFileName());
        var directory = temporary(target);
        Files.createDirectory(directory);
        return new Draft(directory, target);
    }

    /// Reads an image and checks everything that does not need its pages.
    ///
    /// @throws NoSuchFileException when there is none
    /// @throws CorruptImageException when a rule is broken; the image is left alone
    public static LoadedImage load(Path directory) throws IOException, CorruptImageException {
        var manifest = unsealed(new String(Files.readAllBytes(directory.resolve(MANIFEST)), UTF_8));
        if (manifest.format() != ImageManifest.FORMAT)
            throw new CorruptImageException(
                    "format: " + manifest.format() + " (expected: " + ImageManifest.FORMAT + ")");
        try {
            return load(directory, manifest);
        } catch (NoSuchFileException e) {
            throw new CorruptImageException("a file of the image is missing", e);
        }
    }

    private static LoadedImage load(Path directory, ImageManifest manifest)
            throws IOException, CorruptImageException {
        expect(
                "device state",
                manifest.deviceStateSha256(),
                sha256(directory.resolve(DEVICE_STATE)));
        expect("index", manifest.indexSha256(), sha256(directory.resolve(INDEX)));
        var notes = manifest.notesSha256();
        if (notes != null) expect("notes", notes, sha256(directory.resolve(NOTES)));
        var index = IndexCodec.decode(Files.readAllBytes(directory.resolve(INDEX)));
        if (index.size() != manifest.memoryBytes())
            throw new CorruptImageException(
                    "index covers " + index.size() + " (expected: " + manifest.memoryBytes() + ")");
        var image = new LoadedImage(directory, manifest, index);
        checkParts(image);
        if (Files.size(image.disk()) != manifest.diskBytes())
            throw new CorruptImageException("disk has another length");
        return image;
    }

    private static byte[] sealed(ImageManifest manifest) {
        var json = JSON.writeValueAsString(manifest);
        return (json + "\n" + sha256(json.getBytes(UTF_8)) + "\n").getBytes(UTF_8);
    }

    private static ImageManifest unsealed(String content) throws CorruptImageException {
        var lines = content.split("\n", -1);
        if (lines.length != 3 || !lines[2].isEmpty())
            throw new CorruptImageException("manifest of " + lines.length + " lines");
        expect("manifest", lines[1], sha256(lines[0].getBytes(UTF_8)));
        try {
            return JSON.readValue(lines[0], ImageManifest.class);
        } catch (JacksonException e) {
            throw new CorruptImageException("manifest cannot be read", e);
        }
    }

    private static void checkParts(LoadedImage image) throws IOException, CorruptImageException {
        var known = new ArrayList<UUID>();
        for (var part : image.manifest().parts()) {
            if (part.file().contains("/") || !part.file().startsWith("memfile"))
                throw new CorruptImageException("part file name: " + part.build());
            var file = image.directory().resolve(part.file());
            if (!Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS)
                    || Files.size(file) != part.bytes())
                throw new CorruptImageException("part " + part.build() + " has another length");
            if (Files.size(PageSums.beside(file)) < PageSums.tableBytes(part.bytes()))
                throw new CorruptImageException("sums of part " + part.build() + " are short");
            known.add(part.build());
        }
        for (var mapping : image.index().mappings()) {
            if (mapping.isZero()) continue;
            if (!known.contains(mapping.build()))
                throw new CorruptImageException("part " + mapping.build() + " is not there");
            if (mapping.storage() + mapping.length() > Files.size(image.part(mapping.build())))
                throw new CorruptImageException("part " + mapping.build() + " ends too early");
        }
    }

    /// Checks every stored page against its sum. Cost: one read of what is stored.
    ///
    /// @throws CorruptImageException naming the first page that differs
    public static void verify(LoadedImage image) throws IOException, CorruptImageException {
        try (var pages = PageSource.open(image)) {
            for (var mapping : image.index().mappings()) {
                if (mapping.isZero()) continue;
                for (long at = mapping.offset(); at < mapping.end(); at += MemoryIndex.BLOCK)
                    pages.verified(at);
            }
        }
    }

    /// Removes what a process that died in the middle left in a directory of images.
    public static void sweep(Path images) throws IOException {
        if (!Files.isDirectory(images)) return;
        List<Path> left;
        try (var entries = Files.list(images)) {
            left = entries.filter(p -> p.getFileName().toString().startsWith(TEMPORARY)).toList();
        }
        for (var directory : left) removeTree(directory);
    }

    /// Removes an image; a crash in the middle leaves a directory without manifest, never a broken
    /// image.
    public static void remove(Path directory) throws IOException {
        if (!Files.exists(directory)) return;
        var doomed = directory.resolveSibling(TEMPORARY + directory.getFileName());
        Files.move(directory, doomed, StandardCopyOption.ATOMIC_MOVE);
        removeTree(doomed);
        AtomicFiles.syncDirectory(parent(directory));
    }

    static void removeTree(Path directory) throws IOException {
        try (var entries = Files.list(directory)) {
            for (var entry : entries.toList()) Files.deleteIfExists(entry);
        }
        Files.deleteIfExists(directory);
    }

    private static void cloneSums(Path from, Path to) throws IOException {
        try (var source = Posix.open(PageSums.beside(from), Posix.O_RDONLY);
                Fd target =
                        Posix.open(
                                PageSums.beside(to),
                                Posix.O_RDWR | Posix.O_CREAT | Posix.O_EXCL,
                                0600)) {
            Posix.ficlone(target, source);
        } catch (ErrnoException e) {
            throw new IOException("sums cannot be cloned", e);
        }
    }

    static void sync(Path directory) throws IOException {
        try (var entries = Files.list(directory)) {
            for (var entry : entries.toList()) {
                try (var file = FileChannel.open(entry, StandardOpenOption.WRITE)) {
                    file.force(true);
                }
            }
        }
        AtomicFiles.syncDirectory(directory);
    }

    private static void expect(String what, String expected, String found)
            throws CorruptImageException {
        if (!expected.equals(found))
            throw new CorruptImageException(what + " does not match its sum");
    }

    private static String sha256(Path file) throws IOException {
        return sha256(Files.readAllBytes(file));
    }

    private static String sha256(byte[] content) {
        try {
            return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(content));
        } catch (NoSuchAlgorithmException e) {
            throw new AssertionError("every JDK has SHA-256", e);
        }
    }

    static Path parent(Path target) {
        var directory = target.toAbsolutePath().getParent();
        if (directory == null) throw new IllegalArgumentException("no directory: " + target);
        return directory;
    }
}
