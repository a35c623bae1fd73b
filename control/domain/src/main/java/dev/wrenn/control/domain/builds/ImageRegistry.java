package dev.wrenn.control.domain.builds;

import java.io.IOException;
import java.io.InputStream;
import java.util.function.Consumer;

/// Registries of images. Calls block; thread-safe.
public interface ImageRegistry {
    /// Fetches an image.
    ///
    /// @param reference of a form that [#named] lets pass
    /// @param progress hears now and then what has come so far
    /// @throws FailedException when it cannot be had
    Pulled pull(String reference, Consumer<String> progress)
            throws FailedException, InterruptedException;

    /// Whether a text names an image: `[host[:port]/]path[:tag][@sha256:…]`.
    boolean named(String reference);

    /// An image that is here now, until it is closed.
    interface Pulled extends AutoCloseable {
        /// What it is and says of its programs.
        ImportedImage about();

        /// The tar of its root file system, compressed with gzip.
        InputStream content() throws IOException;

        @Override
        void close() throws IOException;
    }

    /// The message is for whoever asked for the image.
    final class FailedException extends Exception {
        private static final long serialVersionUID = 1L;

        public FailedException(String message) {
            super(message);
        }
    }
}
