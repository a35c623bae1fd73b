package dev.wrenn.common.model;

/// A text from outside is not an id of the expected kind. The message names the kind and is meant
/// for people, such as `invalid sandbox ID`; it never repeats the text.
public final class InvalidIdException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    InvalidIdException(String kind) {
        super("invalid " + kind + " ID");
    }
}
