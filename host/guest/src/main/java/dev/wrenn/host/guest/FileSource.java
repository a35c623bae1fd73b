package dev.wrenn.host.guest;

import dev.wrenn.common.connect.ConnectException;
import dev.wrenn.common.connect.Download;
import java.util.OptionalLong;

/// The bytes of a file, or of a folder's archive, as the guest reads them. For one thread.
public final class FileSource implements AutoCloseable {
    private final Download body;

    FileSource(Download body) {
        this.body = body;
    }

    /// Bytes of it, when known.
    public OptionalLong length() {
        return body.length();
    }

    /// Waits for bytes.
    ///
    /// @return how many, -1 at the end
    /// @throws FileException when it breaks off before
    public int read(byte[] target, int offset, int length) {
        try {
            return body.read(target, offset, length);
        } catch (ConnectException e) {
            throw GuestFiles.failure(e);
        }
    }

    @Override
    public void close() {
        body.close();
    }
}
