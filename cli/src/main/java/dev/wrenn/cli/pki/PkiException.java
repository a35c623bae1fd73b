package dev.wrenn.cli.pki;

/// Certificates cannot be made, read or stored.
public final class PkiException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    PkiException(String message, Throwable cause) {
        super(message, cause);
    }
}
