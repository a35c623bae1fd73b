package dev.wrenn.host.disk;

/// A disk or an image could not be used or made.
public class DiskException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    public DiskException(String message) {
        super(message);
    }

    public DiskException(String message, Throwable cause) {
        super(message, cause);
    }
}
