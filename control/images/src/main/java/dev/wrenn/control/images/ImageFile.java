package dev.wrenn.control.images;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.util.Optional;

/// An archive of images that was read to its end: an OCI image layout or what `docker save` writes,
/// as tar, plain or compressed. For one thread.
public final class ImageFile implements AutoCloseable {
    private final Blobs blobs;
    private final Bounds bounds;

    private final Path scratch;

    private ImageFile(Blobs blobs, Bounds bounds, Path scratch) {
        this.blobs = blobs;
        this.bounds = bounds;
        this.scratch = scratch;
    }

    /// @param scratch where its files lie meanwhile
    /// @throws ImageException for one that is damaged, too large, or leads out of itself
    /// @throws IOException when it cannot be read, or our disk fails
    public static ImageFile read(InputStream sent, Bounds bounds, Path scratch)
            throws IOException, ImageException {
        return new ImageFile(Blobs.unpack(sent, bounds, scratch), bounds, scratch);
    }

    /// One image of it, flattened.
    ///
    /// @param label by which people know it
    /// @param wanted its name; empty: there must be one only
    /// @throws ImageException for one that is damaged, is not for our machines, or too large
    public Image image(String label, Optional<String> wanted) throws IOException, ImageException {
        return Image.flat(
                ImageArchive.choose(blobs, wanted, bounds), label, false, bounds, scratch);
    }

    @Override
    public void close() throws IOException {
        blobs.close();
    }
}
