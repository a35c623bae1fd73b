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

    /// Fills `target` unless the end comes before: nobody waits for a part of a file, and whoever
    /// reads further on is woken once for many pieces of the guest's.
    ///
    /// @return how many bytes, 0 at the end
    /// @throws FileException when it breaks off before
    public int fill(byte[] target) {
        try {
            int n = 0;
            while (n < target.length) {
                int more = body.read(target, n, target.length - n);
                if (more < 0) break;
                n += more;
            }
            return n;
        } catch (ConnectException e) {
            throw GuestFiles.failure(e);
        }
    }

    @Override
    public void close() {
        body.close();
    }
}
