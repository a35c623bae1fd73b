package dev.wrenn.control.images;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;

/// A file of an image under a name of ours.
///
/// @param digest `sha256:` and 64 hex digits, of its content as it is
record Blob(Path file, long size, String digest) {
    private static final int LARGEST_TEXT = 4 << 20; // what registries take as a manifest

    InputStream open() throws IOException {
        return Files.newInputStream(file);
    }

    /// The whole content of one that is read into memory.
    ///
    /// @param what it is, for the words of the refusal
    byte[] bytes(String what) throws IOException, ImageException {
        if (size > LARGEST_TEXT)
            throw new ImageException(what + ": more than " + (LARGEST_TEXT >> 20) + " MiB");
        return Files.readAllBytes(file);
    }
}
