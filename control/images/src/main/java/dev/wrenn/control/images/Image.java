package dev.wrenn.control.images;

import dev.wrenn.control.domain.builds.ImportedImage;
import dev.wrenn.control.domain.builds.Setting;
import dev.wrenn.control.domain.templates.GuestDefaults;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;

/// An image, flattened to the tar of its whole root file system. For one thread.
public final class Image implements AutoCloseable {
    private final Path file;
    private final ImportedImage about;

    private Image(Path file, ImportedImage about) {
        this.file = file;
        this.about = about;
    }

    /// @param label by which people know it
    /// @param remote whether that is its name in a registry
    /// @throws ImageException for one that is damaged, is not for our machines, or too large
    static Image flat(Chosen chosen, String label, boolean remote, Bounds bounds, Path scratch)
            throws IOException, ImageException {
        var config = ImageConfig.of(chosen.config());
        if (config.layers().size() != chosen.layers().size())
            throw new ImageException(
                    chosen.layers().size()
                            + " layers (expected: "
                            + config.layers().size()
                            + ", as its configuration says)");
        var tree = new Tree();
        int entries = 0;
        long room = bounds.unpacked();
        for (int i = 0; i < chosen.layers().size(); i++) {
            var layer = new ArrayList<Entry>();
            int left = bounds.entries() - entries;
            var whole =
                    Layers.read(
                            chosen.layers().get(i),
                            room,
                            (entry, _) -> {
                                if (layer.size() >= left)
                                    throw new ImageException(
                                            "more than " + bounds.entries() + " files in layers");
                                layer.add(entry);
                            });
            if (!whole.digest().equals(config.layers().get(i)))
                throw new ImageException("layer " + (i + 1) + ": another content than it says");
            entries += layer.size();
            room -= whole.bytes();
            tree.apply(i, layer);
        }
        tree.make(Paths.parts(config.directory()));
        var file = Files.createTempFile(scratch, "wrenn-image", ".tar.gz"); // only for us
        boolean whole = false;
        try {
            var flattening = new Flattening(tree, chosen.layers(), bounds);
            var passwd = flattening.passwd();
            var users = Users.find(config.user(), passwd);
            flattening.write(file, passwd, users.line());
            var defaults =
                    new GuestDefaults(
                            users.user(),
                            Setting.kept(config.env()),
                            config.directory(),
                            config.command());
            whole = true;
            return new Image(file, new ImportedImage(label, remote, chosen.digest(), defaults));
        } finally {
            if (!whole) Files.deleteIfExists(file);
        }
    }

    /// What it is and says of its programs.
    public ImportedImage about() {
        return about;
    }

    /// The tar, compressed with gzip.
    public InputStream content() throws IOException {
        return Files.newInputStream(file);
    }

    @Override
    public void close() throws IOException {
        Files.deleteIfExists(file);
    }
}
