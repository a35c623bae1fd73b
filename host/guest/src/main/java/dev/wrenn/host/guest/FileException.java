package dev.wrenn.host.guest;

/// Something about a file of a guest was not done. The message is the guest's, for people.
public final class FileException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final FileFault fault;

    FileException(FileFault fault, String message) {
        super(message);
        this.fault = fault;
    }

    FileException(FileFault fault, String message, Throwable cause) {
        super(message, cause);
        this.fault = fault;
    }

    /// What kind of failure it is.
    public FileFault fault() {
        return fault;
    }
}
