package dev.wrenn.control.domain;

/// The database cannot be asked at the moment. What was attempted may or may not have happened; the
/// caller tries again later. Every store may throw it.
public final class StoreUnavailableException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    public StoreUnavailableException(Throwable cause) {
        super("database not available", cause);
    }
}
