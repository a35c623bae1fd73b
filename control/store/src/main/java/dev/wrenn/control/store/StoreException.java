package dev.wrenn.control.store;

import org.postgresql.util.PSQLException;

/// The database refused a statement. Unless a store expects the constraint that did, it is a defect
/// on our side.
public final class StoreException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    StoreException(String message, Throwable cause) {
        super(message, cause);
    }

    /// The statement was refused by the constraint, unique index or trigger of this name.
    boolean violates(String constraint) {
        for (Throwable t = this; t != null; t = t.getCause())
            if (t instanceof PSQLException e && e.getServerErrorMessage() != null)
                return constraint.equals(e.getServerErrorMessage().getConstraint());
        return false;
    }
}
