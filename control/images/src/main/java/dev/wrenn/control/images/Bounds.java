package dev.wrenn.control.images;

/// How large an image may be.
///
/// @param sent bytes of all files in an archive, whatever its compression made of them
/// @param files in an archive
/// @param layers of an image
/// @param entries of all layers together
/// @param unpacked bytes of one layer as a tar, and of the contents of the flattened image
public record Bounds(long sent, int files, int layers, int entries, long unpacked) {
    /// The root file system must fit into the disk of a capsule, with room to work.
    public static final Bounds DEFAULT = new Bounds(4L << 30, 4096, 128, 250_000, 4L << 30);
}
