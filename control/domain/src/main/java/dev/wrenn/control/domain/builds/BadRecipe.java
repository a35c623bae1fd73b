package dev.wrenn.control.domain.builds;

/// A recipe or health check that cannot be understood. The message names what was expected.
public final class BadRecipe extends Exception {
    private static final long serialVersionUID = 1L;

    private final int line;

    /// @param line of the recipe, from 1; 0 for the health check
    public BadRecipe(int line, String message) {
        super(message);
        this.line = line;
    }

    /// Which line of the recipe, from 1; 0 for the health check.
    public int line() {
        return line;
    }
}
