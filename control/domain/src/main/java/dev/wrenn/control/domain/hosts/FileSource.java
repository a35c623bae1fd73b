package dev.wrenn.control.domain.hosts;

import java.util.OptionalLong;

/// Bytes that come from a capsule as they are asked for. For one thread.
public interface FileSource extends AutoCloseable {
    /// How many there are, when known.
    OptionalLong length();

    /// Waits for bytes.
    ///
    /// @return how many, -1 at the end
    /// @throws TransferException when it breaks off before
    int read(byte[] target);

    @Override
    void close();
}
