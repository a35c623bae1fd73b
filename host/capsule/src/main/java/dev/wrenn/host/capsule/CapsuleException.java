package dev.wrenn.host.capsule;

/// The capsule room cannot keep a promise: a record cannot be written, a process does not end.
public final class CapsuleException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    public CapsuleException(String message) {
        super(message);
    }

    public CapsuleException(String message, Throwable cause) {
        super(message, cause);
    }
}
