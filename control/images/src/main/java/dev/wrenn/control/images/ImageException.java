package dev.wrenn.control.images;

/// An image that cannot be used. The message says what is wrong with it, in words for whoever sent
/// it.
public final class ImageException extends Exception {
    private static final long serialVersionUID = 1L;

    public ImageException(String message) {
        super(message);
    }
}
