package dev.wrenn.control.store;

/// The database refused something that should have worked: a defect on our side.
public final class StoreException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    StoreException(String message, Throwable cause) {
        super(message, cause);
    }
}
