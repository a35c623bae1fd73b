package dev.wrenn.control.domain.builds;

/// A build that cannot go on; the message is for whoever asked for it.
final class BuildFailed extends RuntimeException {
    private static final long serialVersionUID = 1L;

    BuildFailed(String message) {
        super(message);
    }
}
