package dev.wrenn.control.domain.builds;

/// Cancelled, or another worker has the build: whoever notices only cleans up.
final class BuildLost extends RuntimeException {
    private static final long serialVersionUID = 1L;
}
