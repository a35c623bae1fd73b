package dev.wrenn.host.capsule;

/// A VM that did not come up, with the cause in words.
final class BootFailure extends RuntimeException {
    private static final long serialVersionUID = 1L;

    BootFailure(String cause) {
        super(cause);
    }

    BootFailure(String cause, Throwable reason) {
        super(cause, reason);
    }
}
