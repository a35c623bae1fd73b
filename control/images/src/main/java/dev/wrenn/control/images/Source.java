package dev.wrenn.control.images;

import java.io.IOException;

/// Where the parts of an image come from.
interface Source {
    /// The blob of a digest, which it really has.
    ///
    /// @param digest of the form that [Digests#checked] lets pass
    /// @param size that its descriptor says
    /// @throws ImageException when there is none, or it is another one
    Blob blob(String digest, long size) throws IOException, ImageException;

    /// The same of a manifest or an index, which registries keep in another place.
    default Blob manifest(String digest, long size) throws IOException, ImageException {
        return blob(digest, size);
    }
}
