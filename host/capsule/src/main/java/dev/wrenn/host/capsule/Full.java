package dev.wrenn.host.capsule;

import dev.wrenn.host.disk.DiskFullException;
import dev.wrenn.host.linux.ErrnoException;
import org.jspecify.annotations.Nullable;

/// Tells a full disk from other failures.
final class Full {
    private Full() {}

    /// The JDK has no exception of its own for ENOSPC and EDQUOT, only the C library's words.
    static boolean isIt(@Nullable Throwable failure) {
        for (var e = failure; e != null; e = e.getCause()) {
            if (e instanceof DiskFullException) return true;
            if (e instanceof ErrnoException errno && errno.errno() == ErrnoException.ENOSPC)
                return true;
            var words = String.valueOf(e.getMessage());
            if (words.contains("No space left") || words.contains("quota exceeded")) return true;
        }
        return false;
    }
}
