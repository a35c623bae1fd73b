package dev.wrenn.common.datastores;

/// A datastore could not be started or stopped. The message names the program and what it said.
public final class DatastoreException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    DatastoreException(String message) {
        super(message);
    }

    DatastoreException(String message, Throwable cause) {
        super(message, cause);
    }
}
