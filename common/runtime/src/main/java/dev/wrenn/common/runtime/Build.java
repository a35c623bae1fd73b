package dev.wrenn.common.runtime;

/// Which build of Wrenn this is.
public final class Build {
    /// Version of the product, as in answers and metadata.
    public static final String VERSION = "0.1.0";

    private Build() {}
}
