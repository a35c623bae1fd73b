package dev.wrenn.host.vmm;

/// A VM could not be started, adopted or controlled.
public final class VmmException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    public VmmException(String message) {
        super(message);
    }

    public VmmException(String message, Throwable cause) {
        super(message, cause);
    }
}
