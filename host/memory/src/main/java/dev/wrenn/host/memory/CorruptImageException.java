package dev.wrenn.host.memory;

/// A stored image breaks a rule of its format. The image is left as it is; the message says which
/// rule, with value and expectation.
public final class CorruptImageException extends Exception {
    private static final long serialVersionUID = 1L;

    public CorruptImageException(String message) {
        super(message);
    }

    public CorruptImageException(String message, Throwable cause) {
        super(message, cause);
    }
}
