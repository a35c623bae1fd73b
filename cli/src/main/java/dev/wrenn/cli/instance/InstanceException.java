package dev.wrenn.cli.instance;

import org.jspecify.annotations.Nullable;

/// A part of an instance does not do what it should; the message is for the log of the supervisor.
final class InstanceException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    InstanceException(String message) {
        super(message);
    }

    InstanceException(String message, @Nullable Throwable cause) {
        super(message, cause);
    }
}
