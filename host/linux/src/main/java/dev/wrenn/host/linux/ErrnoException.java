package dev.wrenn.host.linux;

import java.util.Map;

/// A system call failed.
public final class ErrnoException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    // <asm-generic/errno-base.h>, <asm-generic/errno.h>
    public static final int EPERM = 1;
    public static final int ENOENT = 2;
    public static final int ESRCH = 3;
    public static final int EINTR = 4;
    public static final int ENXIO = 6;
    public static final int EBADF = 9;
    public static final int ECHILD = 10;
    public static final int EAGAIN = 11;
    public static final int EACCES = 13;
    public static final int EBUSY = 16;
    public static final int EEXIST = 17;
    public static final int EXDEV = 18;
    public static final int EINVAL = 22;
    public static final int ENOTTY = 25;
    public static final int ENOSPC = 28;
    public static final int EPIPE = 32;
    public static final int EOPNOTSUPP = 95;
    public static final int ECONNREFUSED = 111;

    private static final Map<Integer, String> WORDS =
            Map.ofEntries(
                    Map.entry(EPERM, "not permitted"),
                    Map.entry(ENOENT, "no such file"),
                    Map.entry(ESRCH, "no such process"),
                    Map.entry(ENXIO, "no such device or no more data"),
                    Map.entry(EBADF, "bad descriptor"),
                    Map.entry(EACCES, "permission denied"),
                    Map.entry(EBUSY, "busy"),
                    Map.entry(EEXIST, "exists already"),
                    Map.entry(EXDEV, "on another file system"),
                    Map.entry(EINVAL, "invalid argument"),
                    Map.entry(ENOTTY, "not supported by this file"),
                    Map.entry(ENOSPC, "no space left"),
                    Map.entry(EOPNOTSUPP, "not supported"),
                    Map.entry(ECONNREFUSED, "connection refused"));

    private final int errno;

    ErrnoException(String call, int errno) {
        super(call + ": " + WORDS.getOrDefault(errno, "failed") + " (errno " + errno + ")");
        this.errno = errno;
    }

    /// The number from errno(3).
    public int errno() {
        return errno;
    }
}
