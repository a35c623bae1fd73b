package dev.wrenn.cli.client;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;

/// The terminal that the user sits at. While it is open every key goes through unchanged; closing
/// it makes it what it was before.
interface LocalTerminal extends AutoCloseable {
    /// Columns and rows.
    record Dimensions(int cols, int rows) {}

    Dimensions dimensions();

    InputStream input();

    OutputStream output();

    /// @param resized called in some thread whenever the window has another size
    void onResize(Runnable resized);

    /// May be called again, and from any thread.
    @Override
    void close() throws IOException;
}
